import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  AlterConfigs,
  AlterPartitionReassignments,
  AlterReplicaLogDirs,
  CreatePartitions,
  CreateTopics,
  DeleteRecords,
  DeleteTopics,
  DescribeConfigs,
  DescribeLogDirs,
  DescribeProducers,
  DescribeTopicPartitions,
  ElectLeaders,
  IncrementalAlterConfigs,
  ListOffsets,
  ListPartitionReassignments,
  Metadata,
  OffsetForLeaderEpoch,
  Produce,
} from '../../protocol/messages/index.ts'
import { ZERO_UUID } from '../../protocol/reader.ts'
import { type FailedAnswer, failing, failingAtTheTop } from './failed-answer.ts'
import { failedFetch } from './failed-fetch.ts'

/** How requests about topics, their partitions and their configs fail: in each that the request names. */
export const failedTopicAnswers: readonly FailedAnswer[] = [
  failing(Produce, ({ topicData }, failure) => ({
    responses: topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index }) => ({ index, ...failure, baseOffset: -1n })),
    })),
  })),
  failedFetch,
  failing(ListOffsets, ({ topics }, { errorCode }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  })),
  failing(OffsetForLeaderEpoch, ({ topics }, { errorCode }) => ({
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode })),
    })),
  })),
  failing(Metadata, ({ topics }, { errorCode }, { broker }) => {
    const { cluster, view } = broker
    const named = topics ?? [...broker.topics].map(({ name, id }) => ({ name, topicId: id }))
    return {
      brokers: [...view.brokers.values()].map(({ id, host, port, rack }) => ({
        nodeId: id,
        host,
        port,
        rack,
      })),
      clusterId: cluster.clusterId,
      controllerId: view.controllerId,
      topics: named.map(({ name, topicId }) => ({ name: name ?? '', topicId, errorCode })),
      errorCode: errorCode === ErrorCodes.REBOOTSTRAP_REQUIRED ? errorCode : ErrorCodes.NONE,
    }
  }),
  failing(DescribeTopicPartitions, ({ topics }, { errorCode }) => ({
    topics: topics.map(({ name }) => ({ name, errorCode })),
  })),
  failing(CreateTopics, ({ topics }, failure) => ({
    topics: topics.map(({ name }) => ({ name, ...failure })),
  })),
  failing(DeleteTopics, ({ topics, topicNames }, failure) => ({
    responses: [
      ...topics.map(({ name, topicId }) => ({ name, topicId, ...failure })),
      ...topicNames.map((name) => ({ name, topicId: ZERO_UUID, ...failure })),
    ],
  })),
  failing(DeleteRecords, ({ topics }, { errorCode }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, lowWatermark: -1n, errorCode })),
    })),
  })),
  failing(CreatePartitions, ({ topics }, failure) => ({
    results: topics.map(({ name }) => ({ name, ...failure })),
  })),
  failing(DescribeProducers, ({ topics }, failure) => ({
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, ...failure })),
    })),
  })),
  failing(ElectLeaders, ({ topicPartitions }, failure, { version }) => ({
    errorCode: version >= 1 ? failure.errorCode : ErrorCodes.NONE,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, ...failure })),
    })),
  })),
  failing(AlterPartitionReassignments, ({ topics }, failure) => ({
    ...failure,
    responses: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...failure })),
    })),
  })),
  failingAtTheTop(ListPartitionReassignments),
  failing(DescribeLogDirs, (_request, { errorCode }) => ({ errorCode, results: [{ errorCode }] })),
  failing(AlterReplicaLogDirs, ({ dirs }, { errorCode }) => ({
    results: dirs.flatMap(({ topics }) =>
      topics.map(({ name, partitions }) => ({
        topicName: name,
        partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode })),
      })),
    ),
  })),
  failing(DescribeConfigs, ({ resources }, failure) => ({
    results: resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName, ...failure })),
  })),
  failing(AlterConfigs, ({ resources }, failure) => ({
    responses: resources.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      ...failure,
    })),
  })),
  failing(IncrementalAlterConfigs, ({ resources }, failure) => ({
    responses: resources.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      ...failure,
    })),
  })),
]
