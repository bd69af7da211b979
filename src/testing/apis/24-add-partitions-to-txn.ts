import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  AddPartitionsToTxn,
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnResponse,
  type AddPartitionsToTxnTopic,
  type AddPartitionsToTxnTransaction,
} from '../../protocol/messages/add-partitions-to-txn.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { fencedAs } from './fenced-as.ts'

const firstVersionWithFenced = 2
const firstVersionOfMany = 4

/** Clients add partitions of one transaction; brokers, from version 4 on, add or verify those of many. */
export const addPartitionsToTxn: Handler<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse> = {
  api: AddPartitionsToTxn,
  versions: [0, 5],

  handle(request, { broker, version }) {
    if (version >= firstVersionOfMany) {
      return {
        resultsByTransaction: request.transactions.map((transaction) => ({
          transactionalId: transaction.transactionalId,
          topicResults: add(broker, transaction, true),
        })),
      }
    }
    const transaction = {
      transactionalId: request.v3AndBelowTransactionalId,
      producerId: request.v3AndBelowProducerId,
      producerEpoch: request.v3AndBelowProducerEpoch,
      verifyOnly: false,
      topics: request.v3AndBelowTopics,
    }
    return { resultsByTopicV3AndBelow: add(broker, transaction, version >= firstVersionWithFenced) }
  },
}

function add(broker: BrokerContext, transaction: AddPartitionsToTxnTransaction, knowsFenced: boolean) {
  const { topics, transactionalId, verifyOnly } = transaction
  const { coordinator } = broker.cluster.transactions
  const isKnown = (topic: string, partition: number) =>
    broker.topics.byName(topic)?.partitions[partition] !== undefined
  const wanted = topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ topic: name, partition })),
  )
  if (!wanted.every(({ topic, partition }) => isKnown(topic, partition))) {
    return describe(topics, (topic, partition) =>
      isKnown(topic, partition) ? ErrorCodes.OPERATION_NOT_ATTEMPTED : ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION,
    )
  }
  const misdirected = coordinatorError(broker, 'transaction', transactionalId)
  if (misdirected !== ErrorCodes.NONE) return describe(topics, () => misdirected)
  if (verifyOnly) {
    return describe(topics, (topic, partition) =>
      coordinator.verifyPartition(transaction, { topic, partition }),
    )
  }
  const errorCode = fencedAs(coordinator.addPartitions(transaction, wanted), knowsFenced)
  return describe(topics, () => errorCode)
}

function describe(
  topics: readonly AddPartitionsToTxnTopic[],
  errorOf: (topic: string, partition: number) => number,
) {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorOf(name, partitionIndex),
    })),
  }))
}
