import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerNode } from './cluster-state.ts'
import type { Partition } from './partition.ts'
import type { Topic } from './topic.ts'
import type { Topics } from './topics.ts'

/** A partition that a request names, or why it cannot be used. */
export interface Located {
  readonly errorCode: number
  /** Set also with an error, when there is such a partition. */
  readonly partition: Partition | undefined
}

export type ServedBy = 'leader' | 'replica'

/** Who is asked. */
interface Asked {
  readonly node: BrokerNode
  readonly topics: Topics
}

/**
 * @param leaderEpoch the epoch that the client takes the leader to be in; -1: not said
 * @param from `replica`: this broker may be a follower, as for consumers that fetch from a replica near them (KIP-392)
 */
export function locate(
  { topics, node }: Asked,
  topic: string,
  index: number,
  leaderEpoch = -1,
  from: ServedBy = 'leader',
): Located {
  return locateIn(topics.byName(topic), ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, node, index, leaderEpoch, from)
}

/** As `locate`. @param leaderEpoch the epoch that the client takes the leader to be in; -1: not said */
export function locateById(
  { topics, node }: Asked,
  topicId: string,
  index: number,
  leaderEpoch = -1,
  from: ServedBy = 'leader',
): Located {
  return locateIn(topics.byId(topicId), ErrorCodes.UNKNOWN_TOPIC_ID, node, index, leaderEpoch, from)
}

function locateIn(
  topic: Topic | undefined,
  unknownTopic: number,
  node: BrokerNode,
  index: number,
  leaderEpoch: number,
  from: ServedBy,
): Located {
  if (topic === undefined) return { errorCode: unknownTopic, partition: undefined }
  const partition = topic.partitions[index]
  if (partition === undefined) return { errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, partition }
  return { errorCode: leadershipError(partition, node, leaderEpoch, from), partition }
}

function leadershipError(
  partition: Partition,
  node: BrokerNode,
  leaderEpoch: number,
  from: ServedBy,
): number {
  if (leaderEpoch >= 0 && leaderEpoch < partition.leaderEpoch) return ErrorCodes.FENCED_LEADER_EPOCH
  if (leaderEpoch > partition.leaderEpoch) return ErrorCodes.UNKNOWN_LEADER_EPOCH
  if (from === 'replica' && partition.replica !== undefined) return ErrorCodes.NONE
  return partition.leaderId === node.id ? ErrorCodes.NONE : ErrorCodes.NOT_LEADER_OR_FOLLOWER
}
