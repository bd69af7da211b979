import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  DescribeTransactions,
  type DescribeTransactionsRequest,
  type DescribeTransactionsResponse,
} from '../../protocol/messages/describe-transactions.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { internalTopicOf, partitionOfKey } from '../state/internal-topics.ts'

export const describeTransactions: Handler<DescribeTransactionsRequest, DescribeTransactionsResponse> = {
  api: DescribeTransactions,
  versions: [0, 0],

  handle({ transactionalIds }, { broker }) {
    return { transactionStates: transactionalIds.map((transactionalId) => describe(broker, transactionalId)) }
  },
}

function describe(broker: BrokerContext, transactionalId: string) {
  const failed = (errorCode: number) => ({ errorCode, transactionalId })
  if (transactionalId === '') return failed(ErrorCodes.INVALID_REQUEST)
  const misdirected = coordinatorError(broker, 'transaction', transactionalId)
  if (misdirected !== ErrorCodes.NONE) return failed(misdirected)
  const transaction = broker.cluster.transactions.coordinator.get(transactionalId)
  if (transaction === undefined) return failed(ErrorCodes.TRANSACTIONAL_ID_NOT_FOUND)
  const { participants, state, timeoutMs, startedAtMs, producerId, producerEpoch } = transaction
  const topics = [...participants.topics()].map(([topic, partitions]) => ({
    topic,
    partitions: [...partitions],
  }))
  // Their offsets are records of that topic, as far as Kafka's clients can see.
  const offsets = internalTopicOf('group', broker.cluster.configs)
  const groups = new Set(
    [...participants.groups].map((groupId) => partitionOfKey(groupId, offsets.partitions)),
  )
  if (groups.size > 0) topics.push({ topic: offsets.name, partitions: [...groups] })
  return {
    errorCode: ErrorCodes.NONE,
    transactionalId,
    transactionState: state,
    transactionTimeoutMs: timeoutMs,
    transactionStartTimeMs: BigInt(startedAtMs),
    producerId,
    producerEpoch,
    topics,
  }
}
