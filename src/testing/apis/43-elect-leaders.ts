import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  ElectLeaders,
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  type TopicPartitions,
} from '../../protocol/messages/elect-leaders.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { problem } from '../state/create-topic.ts'

interface Outcome {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const preferred = 0
const unclean = 1

/** Brings partitions back to their preferred leaders, or gives them any leader at the cost of records (KIP-460). */
export const electLeaders: Handler<ElectLeadersRequest, ElectLeadersResponse> = {
  api: ElectLeaders,
  versions: [0, 2],

  handle({ electionType, topicPartitions }, { broker }) {
    const isKnownType = electionType === preferred || electionType === unclean
    const asked = topicPartitions ?? everyPartition(broker)
    const replicaElectionResults = asked.map(({ topic, partitions }) => {
      const results = partitions.map((partitionId) => {
        const { errorCode, errorMessage } = isKnownType
          ? elect(broker, electionType, topic, partitionId)
          : problem(ErrorCodes.INVALID_REQUEST, `there is no election of type ${electionType}`)
        return { partitionId, errorCode, errorMessage }
      })
      return {
        topic,
        // Who asks for all wants to know what happened, not what did not have to.
        partitionResult:
          topicPartitions === null
            ? results.filter(({ errorCode }) => errorCode !== ErrorCodes.ELECTION_NOT_NEEDED)
            : results,
      }
    })
    return { errorCode: isKnownType ? ErrorCodes.NONE : ErrorCodes.INVALID_REQUEST, replicaElectionResults }
  },
}

function everyPartition({ topics }: BrokerContext): TopicPartitions[] {
  return [...topics].map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ index }) => index),
  }))
}

function elect({ cluster }: BrokerContext, electionType: number, name: string, index: number): Outcome {
  const { controller } = cluster
  const topic = controller.topics.byName(name)
  if (topic?.partitions[index] === undefined) {
    return problem(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, `there is no partition ${index} of "${name}"`)
  }
  const outcome =
    electionType === preferred ? controller.elect(topic, index) : controller.electUnclean(topic, index)
  if (outcome === 'elected') return { errorCode: ErrorCodes.NONE, errorMessage: null }
  if (outcome === 'not needed') {
    return problem(ErrorCodes.ELECTION_NOT_NEEDED, `the leader of ${name}-${index} is the right one`)
  }
  const errorCode =
    electionType === preferred
      ? ErrorCodes.PREFERRED_LEADER_NOT_AVAILABLE
      : ErrorCodes.ELIGIBLE_LEADERS_NOT_AVAILABLE
  return problem(errorCode, `no broker that may lead ${name}-${index} then is alive`)
}
