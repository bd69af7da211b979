import { lengthWidth, writeLength } from './varint.ts'

/**
 * Up to here a loop over the characters beats the call into Node (12 characters: 20 ns against 46 on Node 20,
 * 22 against 16 on Node 22).
 */
const LOOP_UP_TO_CHARACTERS = 12

/**
 * Writes text as UTF-8 behind its length, in place, and gives the place after it. The length is not known before
 * the text is written, so it gets the room that it takes if every character is one byte long; that is nearly
 * always right, and where it is not the text moves up by one. Counting first would cost half as much again.
 *
 * The caller has made sure that the text fits.
 */
export function writeText(buffer: Buffer, position: number, text: string): number {
  const characters = text.length
  if (characters <= LOOP_UP_TO_CHARACTERS) {
    const end = writeAscii(buffer, position + 1, text)
    if (end !== -1) {
      buffer[position] = characters << 1
      return end
    }
  }
  const guess = lengthWidth(characters)
  const start = position + guess
  const bytes = buffer.write(text, start, 'utf8')
  const width = lengthWidth(bytes)
  if (width !== guess) buffer.copyWithin(position + width, start, start + bytes)
  writeLength(buffer, position, bytes)
  return position + width + bytes
}

/** -1 at the first character that is not ASCII. */
function writeAscii(buffer: Buffer, position: number, text: string): number {
  let at = position
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) return -1
    buffer[at] = code
    at += 1
  }
  return at
}
