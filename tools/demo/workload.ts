/** The orders that the demonstration sends; each can be made again from its number, and so be checked. */
export interface Order {
  key: string
  value: string
  trace: string
}

export function orderOf(sequence: number): Order {
  const customer = (sequence * 7919) % 10_007
  return {
    key: `customer-${customer}`,
    value: `{"order":${sequence},"customer":${customer},"cents":${(sequence * 31) % 100_000}}`,
    trace: (sequence >>> 0).toString(16).padStart(8, '0'),
  }
}

/** The number in a value that `orderOf` made; NaN when there is none. */
export function sequenceOf(value: string): number {
  return Number.parseInt(value.slice('{"order":'.length), 10)
}
