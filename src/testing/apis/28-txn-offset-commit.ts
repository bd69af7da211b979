import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  TxnOffsetCommit,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitRequestPartition,
  type TxnOffsetCommitResponse,
} from '../../protocol/messages/txn-offset-commit.ts'
import { checkTransactionalCommit } from '../groups/transactional-commits.ts'
import type { BrokerContext, Handler, RequestContext } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { type ClientGeneration, verifyGroup } from '../transactions/verification.ts'

export const txnOffsetCommit: Handler<TxnOffsetCommitRequest, TxnOffsetCommitResponse> = {
  api: TxnOffsetCommit,
  versions: [0, 5],

  handle(request, context) {
    const { broker } = context
    const isKnown = (topic: string, partition: number) =>
      broker.topics.byName(topic)?.partitions[partition] !== undefined
    const isAnyKnown = request.topics.some(({ name, partitions }) =>
      partitions.some(({ partitionIndex }) => isKnown(name, partitionIndex)),
    )
    const groupError = isAnyKnown ? check(request, context) : ErrorCodes.NONE
    return {
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((wanted) => ({
          partitionIndex: wanted.partitionIndex,
          errorCode: isKnown(name, wanted.partitionIndex)
            ? groupError || commit(broker, request, name, wanted)
            : ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION,
        })),
      })),
    }
  },
}

/** Whether the producer may commit offsets for the group: its transaction is asked first, the group then. */
function check(request: TxnOffsetCommitRequest, { broker, version }: RequestContext): number {
  const { groupId, memberId, groupInstanceId, generationId } = request
  if (groupId === '') return ErrorCodes.INVALID_GROUP_ID
  const misdirected = coordinatorError(broker, 'group', groupId)
  if (misdirected !== ErrorCodes.NONE) return misdirected
  const unverified = verifyGroup(broker, request, groupId, generationOf(version))
  if (unverified !== ErrorCodes.NONE) return unverified
  const claim = { memberId, groupInstanceId, generationId }
  const partitions = request.topics.flatMap(({ name, partitions }) => {
    const topicId = broker.topics.byName(name)?.id
    return topicId === undefined
      ? []
      : partitions.map(({ partitionIndex }) => ({ topicId, partition: partitionIndex }))
  })
  return checkTransactionalCommit(broker.cluster.groups, groupId, claim, partitions)
}

function generationOf(version: number): ClientGeneration {
  if (version >= 5) return 'adding'
  return version >= 4 ? 'aborting' : 'old'
}

function commit(
  { cluster, settings, runtime }: BrokerContext,
  { groupId, producerId }: TxnOffsetCommitRequest,
  topic: string,
  wanted: TxnOffsetCommitRequestPartition,
): number {
  const metadata = wanted.committedMetadata ?? ''
  if (metadata.length > settings.offsetMetadataMaxBytes) return ErrorCodes.OFFSET_METADATA_TOO_LARGE
  cluster.groups.get(groupId)!.offsets.setPending(producerId, topic, wanted.partitionIndex, {
    offset: wanted.committedOffset,
    leaderEpoch: wanted.committedLeaderEpoch,
    metadata,
    committedAtMs: runtime.clock.now(),
  })
  return ErrorCodes.NONE
}
