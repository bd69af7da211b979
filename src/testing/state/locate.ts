import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerNode, ClusterState } from './cluster-state.ts'
import type { Partition } from './partition.ts'
import type { Topic } from './topic.ts'

/** A partition that a request names, or why it cannot be used. */
export interface Located {
  readonly errorCode: number
  /** Set also with an error, when there is such a partition. */
  readonly partition: Partition | undefined
}

/** Who is asked. */
interface Asked {
  readonly node: BrokerNode
  readonly cluster: ClusterState
}

/** @param leaderEpoch the epoch that the client takes the leader to be in; -1: not said */
export function locate({ cluster, node }: Asked, topic: string, index: number, leaderEpoch = -1): Located {
  return locateIn(
    cluster.topics.byName(topic),
    ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    node,
    index,
    leaderEpoch,
  )
}

/** @param leaderEpoch the epoch that the client takes the leader to be in; -1: not said */
export function locateById(
  { cluster, node }: Asked,
  topicId: string,
  index: number,
  leaderEpoch = -1,
): Located {
  return locateIn(cluster.topics.byId(topicId), ErrorCodes.UNKNOWN_TOPIC_ID, node, index, leaderEpoch)
}

function locateIn(
  topic: Topic | undefined,
  unknownTopic: number,
  node: BrokerNode,
  index: number,
  leaderEpoch: number,
): Located {
  if (topic === undefined) return { errorCode: unknownTopic, partition: undefined }
  const partition = topic.partitions[index]
  if (partition === undefined) return { errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, partition }
  return { errorCode: leadershipError(partition, node, leaderEpoch), partition }
}

function leadershipError(partition: Partition, node: BrokerNode, leaderEpoch: number): number {
  if (leaderEpoch >= 0 && leaderEpoch < partition.leaderEpoch) return ErrorCodes.FENCED_LEADER_EPOCH
  if (leaderEpoch > partition.leaderEpoch) return ErrorCodes.UNKNOWN_LEADER_EPOCH
  return partition.leaderId === node.id ? ErrorCodes.NONE : ErrorCodes.NOT_LEADER_OR_FOLLOWER
}
