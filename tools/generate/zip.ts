import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

/**
 * Just enough of ZIP to read a jar: the directory at the end of the file, and entries that are stored or
 * deflated. No zip64, no encryption: jars have neither.
 */

const endSignature = 0x06054b50
const endBytes = 22
const entrySignature = 0x02014b50
const entryBytes = 46
const localHeaderBytes = 30

/** The entries whose names `wanted` picks, inflated, by name. */
export function readZip(path: string, wanted: (name: string) => boolean): Map<string, Buffer> {
  const zip = readFileSync(path)
  let end = zip.length - endBytes
  while (end >= 0 && zip.readUInt32LE(end) !== endSignature) end -= 1
  if (end < 0) throw new Error(`${path} is not a zip file`)

  const entries = new Map<string, Buffer>()
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (zip.readUInt32LE(at) !== entrySignature)
      throw new Error(`${path} has a broken directory at byte ${at}`)
    const nameEnd = at + entryBytes + zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + entryBytes, nameEnd)
    if (wanted(name)) entries.set(name, readEntry(zip, at))
    at = nameEnd + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return entries
}

function readEntry(zip: Buffer, at: number): Buffer {
  const method = zip.readUInt16LE(at + 10)
  const bytes = zip.readUInt32LE(at + 20)
  const header = zip.readUInt32LE(at + 42)
  // The entry's own header repeats name and extra field, and the latter may differ in length.
  const start = header + localHeaderBytes + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28)
  const data = zip.subarray(start, start + bytes)
  return method === 0 ? data : inflateRawSync(data)
}
