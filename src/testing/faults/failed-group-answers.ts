import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  AlterShareGroupOffsets,
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  DeleteGroups,
  DeleteShareGroupOffsets,
  DescribeGroups,
  DescribeShareGroupOffsets,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  ShareAcknowledge,
  ShareFetch,
  ShareGroupDescribe,
  ShareGroupHeartbeat,
  StreamsGroupDescribe,
  StreamsGroupHeartbeat,
  SyncGroup,
} from '../../protocol/messages/index.ts'
import { type FailedAnswer, failing, failingAtTheTop } from './failed-answer.ts'

/** What OffsetFetch says of single partitions; all other codes are said of the group. */
const ofPartitions: ReadonlySet<number> = new Set([
  ErrorCodes.UNSTABLE_OFFSET_COMMIT,
  ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCodes.UNKNOWN_TOPIC_ID,
  ErrorCodes.TOPIC_AUTHORIZATION_FAILED,
])
const firstVersionWithGroupError = 2
const firstVersionWithManyKeys = 4
const firstVersionWithGroupMessage = 6

/** How requests to group coordinators fail. */
export const failedGroupAnswers: readonly FailedAnswer[] = [
  failing(FindCoordinator, ({ coordinatorKeys }, failure, { version }) => {
    const nowhere = { ...failure, nodeId: -1, port: -1 }
    if (version < firstVersionWithManyKeys) return nowhere
    return { coordinators: coordinatorKeys.map((key) => ({ key, ...nowhere })) }
  }),
  failing(JoinGroup, ({ memberId }, { errorCode }, { version }) => ({
    errorCode,
    memberId,
    protocolName: version >= 7 ? null : '',
  })),
  failingAtTheTop(SyncGroup),
  failingAtTheTop(Heartbeat),
  failing(LeaveGroup, ({ members }, { errorCode }) => ({
    errorCode,
    members: members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId, errorCode })),
  })),
  failing(OffsetCommit, ({ topics }, { errorCode }) => ({
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  })),
  failing(OffsetFetch, ({ topics, groups }, { errorCode }, { version }) => {
    const isOfPartitions = ofPartitions.has(errorCode) || version < firstVersionWithGroupError
    const code = isOfPartitions ? ErrorCodes.NONE : errorCode
    const fail = (partitionIndex: number) => ({
      partitionIndex,
      committedOffset: -1n,
      metadata: '',
      errorCode,
    })
    return {
      errorCode: code,
      topics: isOfPartitions
        ? (topics ?? []).map(({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.map(fail),
          }))
        : [],
      groups: groups.map((group) => ({
        groupId: group.groupId,
        errorCode: code,
        topics: isOfPartitions
          ? (group.topics ?? []).map(({ name, topicId, partitionIndexes }) => ({
              name,
              topicId,
              partitions: partitionIndexes.map(fail),
            }))
          : [],
      })),
    }
  }),
  failing(OffsetDelete, (_request, { errorCode }) => ({ errorCode })),
  failing(DescribeGroups, ({ groups }, { errorCode, errorMessage }, { version }) => ({
    groups: groups.map((groupId) => ({
      groupId,
      errorCode,
      errorMessage: version >= firstVersionWithGroupMessage ? errorMessage : null,
    })),
  })),
  failingAtTheTop(ListGroups),
  failing(DeleteGroups, ({ groupsNames }, { errorCode }) => ({
    results: groupsNames.map((groupId) => ({ groupId, errorCode })),
  })),
  failingAtTheTop(ConsumerGroupHeartbeat),
  failing(ConsumerGroupDescribe, ({ groupIds }, failure) => ({
    groups: groupIds.map((groupId) => ({ groupId, ...failure })),
  })),
  failingAtTheTop(ShareGroupHeartbeat),
  failing(ShareGroupDescribe, ({ groupIds }, failure) => ({
    groups: groupIds.map((groupId) => ({ groupId, ...failure })),
  })),
  failing(ShareFetch, ({ topics }, failure) => ({
    responses: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...failure })),
    })),
    // A request that names no partition can only fail as a whole.
    ...(topics.length === 0 && failure),
  })),
  failing(ShareAcknowledge, ({ topics }, failure) => ({
    responses: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...failure })),
    })),
    ...(topics.length === 0 && failure),
  })),
  failing(DescribeShareGroupOffsets, ({ groups }, failure) => ({
    groups: groups.map(({ groupId }) => ({ groupId, ...failure })),
  })),
  failingAtTheTop(AlterShareGroupOffsets),
  failingAtTheTop(DeleteShareGroupOffsets),
  failingAtTheTop(StreamsGroupHeartbeat),
  failing(StreamsGroupDescribe, ({ groupIds }, failure) => ({
    groups: groupIds.map((groupId) => ({ groupId, ...failure })),
  })),
]
