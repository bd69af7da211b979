import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerContext } from '../server/handler.ts'
import { locateById } from '../state/locate.ts'
import type { Partition } from '../state/partition.ts'
import { type AcknowledgementInput, acknowledgementsOf, acknowledgementsProblem } from './acknowledgement.ts'
import type { SessionPartition, ShareSession } from './share-sessions.ts'

/** What a request acknowledges, as ShareFetch and ShareAcknowledge bring it. */
export interface AcknowledgedTopic {
  readonly topicId: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly acknowledgementBatches: readonly AcknowledgementInput[]
  }[]
}

/** What became of the acknowledgements for one partition. */
export interface AcknowledgeResult extends SessionPartition {
  readonly errorCode: number
  readonly errorMessage: string | null
  /** Set also with an error, when there is such a partition. */
  readonly found: Partition | undefined
}

/** Handles all acknowledgements of a request; partitions for which it has none are left out. */
export function acknowledgePartitions(
  broker: BrokerContext,
  groupId: string,
  memberId: string,
  topics: readonly AcknowledgedTopic[],
  isRenewAck: boolean,
): AcknowledgeResult[] {
  return topics.flatMap(({ topicId, partitions }) =>
    partitions
      .filter(({ acknowledgementBatches }) => acknowledgementBatches.length > 0)
      .map(({ partitionIndex: partition, acknowledgementBatches }) => {
        const { errorCode, partition: found } = locateById(broker, topicId, partition)
        const result = { topicId, partition, found }
        const error =
          errorCode === ErrorCodes.NONE
            ? acknowledgementsProblem(acknowledgementBatches, isRenewAck)
            : errorCode
        if (error !== ErrorCodes.NONE) return { ...result, errorCode: error, errorMessage: null }
        const share = broker.cluster.shareGroups.get(groupId)?.partition(topicId, partition)
        if (share?.startOffset === undefined) {
          const errorMessage = `group "${groupId}" has never read this partition`
          return { ...result, errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
        }
        const answer = share.acknowledge(
          memberId,
          acknowledgementsOf(acknowledgementBatches),
          found!.leaderEpoch,
        )
        return { ...result, errorCode: answer, errorMessage: messageFor(answer) }
      }),
  )
}

/** Gives back what a member has of its session's partitions: the session is closed, or its connection is. */
export function releaseSession(broker: BrokerContext, { groupId, memberId, partitions }: ShareSession): void {
  const group = broker.cluster.shareGroups.get(groupId)
  for (const { topicId, partition } of partitions) {
    const { partition: found } = locateById(broker, topicId, partition)
    group?.partition(topicId, partition)?.releaseAllOf(memberId, found?.leaderEpoch ?? 0)
  }
}

function messageFor(errorCode: number): string | null {
  if (errorCode === ErrorCodes.INVALID_RECORD_STATE) return 'the member does not have all of these records'
  if (errorCode === ErrorCodes.INVALID_REQUEST) return 'some of these records were never given out'
  return null
}
