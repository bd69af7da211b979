/** Zigzag varints, as records use them. Writers take the place to write at and give the place after. */

/** Bytes of a non-negative length below 2^31. */
export function lengthWidth(length: number): number {
  if (length < 0x40) return 1
  if (length < 0x2000) return 2
  if (length < 0x10_0000) return 3
  return length < 0x800_0000 ? 4 : 5
}

export function writeLength(buffer: Buffer, position: number, length: number): number {
  let rest = (length << 1) >>> 0
  let at = position
  while (rest > 0x7f) {
    buffer[at] = rest | 0x80
    at += 1
    rest >>>= 7
  }
  buffer[at] = rest
  return at + 1
}

/** Bytes of a whole number of milliseconds, of either sign, |value| <= 2^53. */
export function varlongWidth(value: number): number {
  if (value === (value | 0)) return lengthWidth(value < 0 ? ~value : value)
  let rest = zigzag(value) >> 28n
  let width = 4
  while (rest > 0n) {
    rest >>= 7n
    width += 1
  }
  return width
}

export function writeVarlong(buffer: Buffer, position: number, value: number): number {
  let at = position
  if (value === (value | 0)) {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0
    while (rest > 0x7f) {
      buffer[at] = rest | 0x80
      at += 1
      rest >>>= 7
    }
    buffer[at] = rest
    return at + 1
  }
  // A distance of more than 24 days: exact, whatever it costs.
  let rest = zigzag(value)
  while (rest > 0x7fn) {
    buffer[at] = Number(rest & 0x7fn) | 0x80
    at += 1
    rest >>= 7n
  }
  buffer[at] = Number(rest)
  return at + 1
}

function zigzag(value: number): bigint {
  const wide = BigInt(value)
  return (wide << 1n) ^ (wide >> 63n)
}
