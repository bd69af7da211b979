import { ErrorCodes } from '../../protocol/error-codes.ts'

/** What a member may say of a record, by Kafka's numbers. */
export const acknowledgeTypes = { gap: 0, accept: 1, release: 2, reject: 3, renew: 4 } as const

/** What a member says of the records of one range. */
export interface Acknowledgement {
  readonly firstOffset: number
  readonly lastOffset: number
  /** One for all, or one for each offset. */
  readonly types: readonly number[]
}

/** As requests bring it. */
export interface AcknowledgementInput {
  readonly firstOffset: bigint
  readonly lastOffset: bigint
  readonly acknowledgeTypes: readonly number[]
}

/** What is wrong with the acknowledgements for a partition, whatever the state of its records; `NONE` when nothing is. */
export function acknowledgementsProblem(
  batches: readonly AcknowledgementInput[],
  isRenewAck: boolean,
): number {
  let previousLast: bigint | undefined
  for (const { firstOffset, lastOffset, acknowledgeTypes: types } of batches) {
    const isInOrder = previousLast === undefined || firstOffset >= previousLast
    const highest = isRenewAck ? acknowledgeTypes.renew : acknowledgeTypes.reject
    if (
      firstOffset > lastOffset ||
      !isInOrder ||
      types.length === 0 ||
      (types.length > 1 && BigInt(types.length) !== lastOffset - firstOffset + 1n) ||
      types.some((type) => type < acknowledgeTypes.gap || type > highest)
    ) {
      return ErrorCodes.INVALID_REQUEST
    }
    previousLast = lastOffset
  }
  return ErrorCodes.NONE
}

export function acknowledgementsOf(batches: readonly AcknowledgementInput[]): Acknowledgement[] {
  return batches.map(({ firstOffset, lastOffset, acknowledgeTypes: types }) => ({
    firstOffset: Number(firstOffset),
    lastOffset: Number(lastOffset),
    types,
  }))
}

/** The parts of an acknowledgement that say one thing each. */
export function* piecesOf({
  firstOffset,
  lastOffset,
  types,
}: Acknowledgement): Generator<{ firstOffset: number; lastOffset: number; type: number }> {
  if (types.length === 1) {
    yield { firstOffset, lastOffset, type: types[0] }
    return
  }
  let start = 0
  for (let index = 1; index <= types.length; index++) {
    if (index < types.length && types[index] === types[start]) continue
    yield { firstOffset: firstOffset + start, lastOffset: firstOffset + index - 1, type: types[start] }
    start = index
  }
}
