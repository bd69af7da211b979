/** The hashes of keys that librdkafka and Sarama have beside murmur2. A string is hashed as its UTF-8 bytes. */

const CRC32_POLYNOMIAL = 0xedb88320
const crc32Table = makeCrc32Table()

/** The CRC-32 of zip and PNG, from 0 to 2^32 - 1. (`zlib.crc32` came with Node 22.2 only in that line.) */
export function crc32(key: string | Uint8Array): number {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'utf8') : key
  let crc = -1
  for (let i = 0; i < bytes.length; i++) crc = crc32Table[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8)
  return ~crc >>> 0
}

/** FNV-1a of 32 bits, as a signed integer. */
export function fnv1a32(key: string | Uint8Array): number {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'utf8') : key
  let hash = 0x811c9dc5 | 0
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
  return hash
}

function makeCrc32Table(): Int32Array {
  const table = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? CRC32_POLYNOMIAL ^ (crc >>> 1) : crc >>> 1
    table[byte] = crc
  }
  return table
}
