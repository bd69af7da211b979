import type { Cluster } from '../cluster/index.ts'
import type { KafkaRecord } from '../records/index.ts'
import { Consumer } from './consumer.ts'
import type { ConsumerOptions, StartPosition } from './options.ts'

/** What `kafka.read` takes: where to begin and end, and whatever a consumer without a group takes. */
export interface ReadOptions<K = Buffer, V = Buffer>
  extends Omit<ConsumerOptions<K, V>, 'autoOffsetReset' | 'topics' | 'partitions' | GroupOption> {
  /** Default: `earliest`. */
  from?: Exclude<StartPosition, 'none'>
  /** Numbers of the partitions to read. Default: all of them. */
  partitions?: readonly number[]
}

type GroupOption = Extract<
  keyof ConsumerOptions,
  | 'groupId'
  | 'groupInstanceId'
  | 'sessionTimeoutMs'
  | 'heartbeatIntervalMs'
  | 'rebalanceTimeoutMs'
  | 'autoCommit'
  | 'autoCommitIntervalMs'
  | 'onAssigned'
  | 'onRevoked'
>

/** Reads a topic without a group, until the loop is left or the end is reached, and closes itself. */
export async function* readTopic<K = Buffer, V = Buffer>(
  cluster: Cluster,
  topic: string,
  options: ReadOptions<K, V> = {},
): AsyncGenerator<KafkaRecord<K, V>, void, undefined> {
  const { from, partitions, ...rest } = options
  const what =
    partitions === undefined
      ? { topics: [topic] }
      : { partitions: partitions.map((partition) => ({ topic, partition })) }
  const consumer = new Consumer<K, V>(cluster, { ...rest, ...what, autoOffsetReset: from })
  try {
    yield* consumer
  } finally {
    await consumer.close()
  }
}
