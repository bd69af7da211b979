import { ErrorCodes, errorByCode } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  DescribeQuorum,
  type DescribeQuorumRequest,
  type DescribeQuorumResponse,
  type DescribeQuorumResponsePartitionData,
} from '../../protocol/messages/describe-quorum.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'

const metadataTopic = '__cluster_metadata'
const firstVersionWithTimes = 1
const firstVersionWithNodes = 2
const noDirectory = 'AAAAAAAAAAAAAAAAAAAAAA'

/**
 * Kafka's controllers agree on a log of metadata. Here the cluster's decisions are made in one place, told as a quorum of
 * one: the controller, with as many records as there were changes of features, and one.
 */
export const describeQuorum: Handler<DescribeQuorumRequest, DescribeQuorumResponse> = {
  api: DescribeQuorum,
  versions: [0, 2],

  handle({ topics }, { broker, version }) {
    let isMetadataAsked = false
    const answered = topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => {
        const isMetadata = topicName === metadataTopic && partitionIndex === 0
        isMetadataAsked ||= isMetadata
        return isMetadata ? describe(broker, version) : unknown(partitionIndex, version)
      }),
    }))
    const controller = broker.cluster.node(broker.view.controllerId)
    const nodes =
      isMetadataAsked && controller !== undefined
        ? [
            {
              nodeId: controller.id,
              listeners: [{ name: 'CONTROLLER', host: controller.host, port: controller.port }],
            },
          ]
        : []
    return {
      errorCode: ErrorCodes.NONE,
      topics: answered,
      ...(version >= firstVersionWithNodes && { nodes }),
    }
  },
}

function describe(
  { cluster, view, runtime }: BrokerContext,
  version: number,
): Draft<DescribeQuorumResponsePartitionData> {
  const records = cluster.features.epoch + 1n
  const now = BigInt(runtime.clock.now())
  const voter = {
    replicaId: view.controllerId,
    ...(version >= firstVersionWithNodes && { replicaDirectoryId: noDirectory }),
    logEndOffset: records,
    ...(version >= firstVersionWithTimes && { lastFetchTimestamp: now, lastCaughtUpTimestamp: now }),
  }
  return {
    partitionIndex: 0,
    errorCode: ErrorCodes.NONE,
    leaderId: view.controllerId,
    leaderEpoch: 1,
    highWatermark: records,
    currentVoters: [voter],
    observers: [],
  }
}

function unknown(partitionIndex: number, version: number): Draft<DescribeQuorumResponsePartitionData> {
  const errorCode = ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return {
    partitionIndex,
    errorCode,
    ...(version >= firstVersionWithNodes && { errorMessage: errorByCode(errorCode).message }),
  }
}
