import { ErrorCodes, errorByCode } from '../../protocol/error-codes.ts'
import {
  DescribeProducers,
  type DescribeProducersRequest,
  type DescribeProducersResponse,
} from '../../protocol/messages/describe-producers.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { locate } from '../state/locate.ts'
import { topicNameProblem } from '../state/topic-name.ts'

export const describeProducers: Handler<DescribeProducersRequest, DescribeProducersResponse> = {
  api: DescribeProducers,
  versions: [0, 0],

  handle({ topics }, { broker }) {
    return {
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => describe(broker, name, index)),
      })),
    }
  },
}

function describe(broker: BrokerContext, topic: string, partitionIndex: number) {
  const nameProblem = topicNameProblem(topic)
  if (nameProblem !== undefined) {
    return { partitionIndex, errorCode: ErrorCodes.INVALID_TOPIC_EXCEPTION, errorMessage: nameProblem }
  }
  const { errorCode, partition } = locate(broker, topic, partitionIndex)
  if (errorCode !== ErrorCodes.NONE || partition === undefined) {
    const isTopicKnown = broker.topics.byName(topic) !== undefined
    const errorMessage = isTopicKnown ? null : errorByCode(errorCode).message
    return { partitionIndex, errorCode, errorMessage }
  }
  const { producers } = partition.log
  const activeProducers = [...producers].map((state) => ({
    producerId: state.producerId,
    producerEpoch: state.epoch,
    lastSequence: state.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: BigInt(state.lastTimestamp),
    coordinatorEpoch: state.coordinatorEpoch,
    currentTxnStartOffset: BigInt(producers.transactions.firstOffsetOf(state.producerId)),
  }))
  return { partitionIndex, errorCode, activeProducers }
}
