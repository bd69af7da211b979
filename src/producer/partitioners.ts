import { crc32, fnv1a32 } from './key-hashes.ts'
import { type Partitioner, partitionOfKey } from './partitioner.ts'

const noKey = new Uint8Array(0)

/**
 * Partitioners that other clients have, to keep keys where those put them; the option `partitioner` takes their names as
 * well. Those whose names end in `Random`, which is librdkafka's word, leave records without a key to the sticky choice,
 * as librdkafka does too.
 */
export const partitioners = {
  /**
   * The default, by a name: keys by murmur2, others sticky. As Java's built-in one, KafkaJS's default, and librdkafka's
   * `murmur2_random`.
   */
  murmur2Random: (): Partitioner => murmur2Random,

  /** Keys by murmur2, all records without a key in one partition. As librdkafka's `murmur2`. */
  murmur2: (): Partitioner => murmur2,

  /** Keys by CRC-32, all records without a key or with an empty one in partition 0. As librdkafka's `consistent`. */
  consistent: (): Partitioner => consistent,

  /**
   * Keys by CRC-32; records without a key, and with an empty one, sticky. As `consistent_random`, the default of
   * librdkafka and of the clients on top of it (confluent-kafka for Python, Go, .NET and Node).
   */
  consistentRandom: (): Partitioner => consistentRandom,

  /** Keys by FNV-1a, all records without a key in one partition. As librdkafka's `fnv1a`. */
  fnv1a: (): Partitioner => fnv1a,

  /**
   * Keys by FNV-1a, others sticky. As the hash partitioner that Sarama (Go) has by default, and librdkafka's
   * `fnv1a_random`.
   */
  fnv1aRandom: (): Partitioner => fnv1aRandom,

  /**
   * One record to each partition that has a leader, in turn, whatever the key (KIP-369, Java's `RoundRobinPartitioner`).
   * Each call makes one with turns of its own, which topics do not share. Batches stay small by it: the sticky choice
   * spreads bytes as evenly in fewer of them.
   */
  roundRobin: (): Partitioner => {
    const turns = new Map<string, number>()
    return (_, { name, partitionCount, availablePartitions }) => {
      const turn = turns.get(name) ?? 0
      // As Java's counter: it starts again from 0 after 2^31 - 1.
      turns.set(name, (turn + 1) & 0x7fffffff)
      const available = availablePartitions.length
      return available > 0 ? availablePartitions[turn % available] : turn % partitionCount
    }
  },
} as const

/** The name of a partitioner that is built in. */
export type PartitionerName = keyof typeof partitioners

const murmur2Random: Partitioner = ({ key }, { partitionCount }) =>
  key === undefined || key === null ? null : partitionOfKey(key, partitionCount)

const murmur2: Partitioner = ({ key }, { partitionCount }) => partitionOfKey(key ?? noKey, partitionCount)

const consistent: Partitioner = ({ key }, { partitionCount }) => crc32(key ?? noKey) % partitionCount

const consistentRandom: Partitioner = ({ key }, { partitionCount }) =>
  key === undefined || key === null || key.length === 0 ? null : crc32(key) % partitionCount

const fnv1a: Partitioner = ({ key }, { partitionCount }) => fnv1aPartition(key ?? noKey, partitionCount)

const fnv1aRandom: Partitioner = ({ key }, { partitionCount }) =>
  key === undefined || key === null ? null : fnv1aPartition(key, partitionCount)

/** Sarama takes the remainder first and its sign away afterwards, librdkafka the other way round: it is the same number. */
function fnv1aPartition(key: string | Uint8Array, partitionCount: number): number {
  return Math.abs(fnv1a32(key)) % partitionCount
}
