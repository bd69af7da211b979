import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  OffsetCommit,
  type OffsetCommitRequest,
  type OffsetCommitRequestPartition,
  type OffsetCommitRequestTopic,
  type OffsetCommitResponse,
} from '../../protocol/messages/offset-commit.ts'
import type { Group } from '../groups/group.ts'
import type { Handler, RequestContext } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import type { Topic } from '../state/topic.ts'

const firstVersionWithEpochs = 9
const firstVersionByTopicId = 10

export const offsetCommit: Handler<OffsetCommitRequest, OffsetCommitResponse> = {
  api: OffsetCommit,
  versions: [2, 10],

  handle(request, context) {
    const { groups } = context.broker.cluster
    const groupError =
      coordinatorError(context.broker, 'group', request.groupId) || checkCommit(request, context)
    const commit = new Commit(context, groups.get(request.groupId), groupError)
    return { topics: request.topics.map((topic) => commit.topic(topic)) }
  },
}

/** Whether who commits may do so. */
function checkCommit(request: OffsetCommitRequest, { broker, version }: RequestContext): number {
  const claim = {
    memberId: request.memberId,
    groupInstanceId: request.groupInstanceId,
    generationId: request.generationIdOrMemberEpoch,
  }
  const knowsEpochs = version >= firstVersionWithEpochs
  const noGroup = knowsEpochs ? ErrorCodes.GROUP_ID_NOT_FOUND : ErrorCodes.ILLEGAL_GENERATION
  const partitions = request.topics.flatMap(({ name, topicId, partitions }) => {
    const id = version >= firstVersionByTopicId ? topicId : broker.topics.byName(name)?.id
    return id === undefined ? [] : partitions.map((one) => ({ topicId: id, partition: one.partitionIndex }))
  })
  return broker.cluster.groups.checkCommit(request.groupId, claim, noGroup, { knowsEpochs, partitions })
}

class Commit {
  readonly #context: RequestContext
  readonly #group: Group | undefined
  readonly #groupError: number

  constructor(context: RequestContext, group: Group | undefined, groupError: number) {
    this.#context = context
    this.#group = group
    this.#groupError = groupError
  }

  topic({ name, topicId, partitions }: OffsetCommitRequestTopic) {
    const { topics } = this.#context.broker
    const byId = this.#context.version >= firstVersionByTopicId
    const topic = byId ? topics.byId(topicId) : topics.byName(name)
    const unknown = byId ? ErrorCodes.UNKNOWN_TOPIC_ID : ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
    return {
      name,
      topicId,
      partitions: partitions.map((partition) => ({
        partitionIndex: partition.partitionIndex,
        errorCode: topic === undefined ? unknown : this.#partition(topic, partition),
      })),
    }
  }

  #partition(topic: Topic, wanted: OffsetCommitRequestPartition): number {
    const { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata } = wanted
    const { settings, runtime } = this.#context.broker
    if (topic.partitions[partitionIndex] === undefined) return ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
    if (this.#group === undefined || this.#groupError !== ErrorCodes.NONE) return this.#groupError
    const metadata = committedMetadata ?? ''
    if (metadata.length > settings.offsetMetadataMaxBytes) return ErrorCodes.OFFSET_METADATA_TOO_LARGE
    this.#group.offsets.set(topic.name, partitionIndex, {
      offset: committedOffset,
      leaderEpoch: committedLeaderEpoch,
      metadata,
      committedAtMs: runtime.clock.now(),
    })
    return ErrorCodes.NONE
  }
}
