import murmurhash from 'murmurhash-js'
import type { ProducerRecord } from './record.ts'

/** What a partitioner may know of the topic that a record goes to, as the cluster's metadata has it now. */
export interface PartitionerTopic {
  readonly name: string
  /** Partitions are numbered from 0 to `partitionCount - 1`. */
  readonly partitionCount: number
  /** The partitions that have a leader now, in ascending order. */
  readonly availablePartitions: readonly number[]
}

/**
 * Chooses the partition of a record that names none: a number from 0 to `partitionCount - 1`, or null to leave it to the
 * sticky choice that records without a key have. Anything else, or an error that it throws, fails that send alone with
 * `InvalidRecordError`. It is called once for each record, on the caller's stack: it must be quick.
 */
export type Partitioner = (record: ProducerRecord, topic: PartitionerTopic) => number | null

/** The seed that Kafka gives to murmur2. */
const SEED = 0x9747b28c

/**
 * Murmur2 as Kafka hashes keys, as a signed 32-bit integer (`Utils.murmur2` of the Java client). A string is
 * hashed as its UTF-8 bytes.
 *
 * `murmurhash-js` takes a string and hashes the low byte of each character, so an ASCII string goes in as it
 * is, and bytes go in as latin1, one character a byte.
 */
export function murmur2(key: string | Uint8Array): number {
  if (typeof key === 'string') {
    return murmurhash.murmur2(isAscii(key) ? key : Buffer.from(key, 'utf8').toString('latin1'), SEED) | 0
  }
  return murmurhash.murmur2(latin1(key), SEED) | 0
}

/** The partition of a key, the same as the Java client's and KafkaJS's default partitioners give it. */
export function partitionOfKey(key: string | Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
