import type { BrokerConfigs } from './broker-configs.ts'
import type { CoordinatorKind } from './coordinators.ts'

/** The topics whose partitions' leaders are the coordinators. Here they stay empty: what coordinators know is kept beside them. */
const internalTopics: Record<CoordinatorKind, { name: string; partitions: string; replicas: string }> = {
  group: {
    name: '__consumer_offsets',
    partitions: 'offsets.topic.num.partitions',
    replicas: 'offsets.topic.replication.factor',
  },
  transaction: {
    name: '__transaction_state',
    partitions: 'transaction.state.log.num.partitions',
    replicas: 'transaction.state.log.replication.factor',
  },
  share: {
    name: '__share_group_state',
    partitions: 'share.coordinator.state.topic.num.partitions',
    replicas: 'share.coordinator.state.topic.replication.factor',
  },
}

const kindsByName = new Map(
  Object.entries(internalTopics).map(([kind, { name }]) => [name, kind as CoordinatorKind]),
)

export function isInternal(topic: string): boolean {
  return kindsByName.has(topic)
}

/** What the leaders of this topic's partitions coordinate, if it is an internal one. */
export function coordinatedBy(topic: string): CoordinatorKind | undefined {
  return kindsByName.get(topic)
}

export function internalTopicOf(
  kind: CoordinatorKind,
  configs: BrokerConfigs,
): { readonly name: string; readonly partitions: number; readonly replicas: number } {
  const { name, partitions, replicas } = internalTopics[kind]
  return { name, partitions: Number(configs.value(partitions)), replicas: Number(configs.value(replicas)) }
}

/** The partition that looks after a key: Java's hash of its text, as Kafka takes it. */
export function partitionOfKey(key: string, partitions: number): number {
  let hash = 0
  for (let index = 0; index < key.length; index++) hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0
  return (hash & 0x7fff_ffff) % partitions
}
