import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerContext } from '../server/handler.ts'
import type { BrokerNode } from './cluster-state.ts'
import { internalTopicOf, partitionOfKey } from './internal-topics.ts'
import type { Partition } from './partition.ts'

/** What is looked after by one broker at a time. */
export type CoordinatorKind = 'group' | 'transaction' | 'share'

/** The broker that looks after the group, the transactional id or the share partition, as far as this broker knows. */
export function coordinatorOf(
  broker: BrokerContext,
  kind: CoordinatorKind,
  key: string,
): BrokerNode | undefined {
  const partition = coordinatingPartition(broker, kind, key)
  return partition === undefined ? undefined : broker.view.brokers.get(partition.leaderId)
}

/** `NONE` when this broker looks after the group, the transactional id or the share partition; else what to answer. */
export function coordinatorError(broker: BrokerContext, kind: CoordinatorKind, key: string): number {
  const partition = coordinatingPartition(broker, kind, key)
  if (partition === undefined || partition.leaderId === -1) return ErrorCodes.COORDINATOR_NOT_AVAILABLE
  if (partition.leaderId !== broker.node.id) return ErrorCodes.NOT_COORDINATOR
  // What coordinators know is shared by the whole cluster, so one that was deposed and has not heard of it may not act.
  const truth = broker.cluster.topics.byId(partition.topic.id)?.partitions[partition.index]
  if (truth?.leaderEpoch !== partition.leaderEpoch) return ErrorCodes.NOT_COORDINATOR
  return broker.cluster.isLoading(partition) ? ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS : ErrorCodes.NONE
}

/** The partition of the internal topic whose leader is the coordinator. The topic is made when it is first asked for. */
function coordinatingPartition(
  { cluster, topics }: BrokerContext,
  kind: CoordinatorKind,
  key: string,
): Partition | undefined {
  const { name, partitions } = internalTopicOf(kind, cluster.configs)
  if (topics.byName(name) === undefined) cluster.createInternalTopic(kind)
  return topics.byName(name)?.partitions[partitionOfKey(key, partitions)]
}
