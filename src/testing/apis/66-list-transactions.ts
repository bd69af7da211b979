import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  ListTransactions,
  type ListTransactionsRequest,
  type ListTransactionsResponse,
} from '../../protocol/messages/list-transactions.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { type Transaction, type TransactionState, transactionStates } from '../transactions/transaction.ts'

/** The transactions that this broker looks after and that every filter lets pass; an empty filter lets all pass. */
export const listTransactions: Handler<ListTransactionsRequest, ListTransactionsResponse> = {
  api: ListTransactions,
  versions: [0, 2],

  handle(request, { broker }) {
    const pattern = patternOf(request.transactionalIdPattern)
    if (pattern === 'broken') return { errorCode: ErrorCodes.INVALID_REGULAR_EXPRESSION }
    const nowMs = broker.runtime.clock.now()
    const passes = (transaction: Transaction) =>
      passesState(request, transaction) &&
      passesProducer(request, transaction) &&
      (request.durationFilter < 0n || nowMs - transaction.startedAtMs > request.durationFilter) &&
      (pattern === undefined || pattern.test(transaction.transactionalId))
    const listed = [...broker.cluster.transactions.coordinator].filter(
      (transaction) =>
        passes(transaction) &&
        coordinatorError(broker, 'transaction', transaction.transactionalId) === ErrorCodes.NONE,
    )
    return {
      unknownStateFilters: request.stateFilters.filter((state) => !isState(state)),
      transactionStates: listed.map(({ transactionalId, producerId, state }) => ({
        transactionalId,
        producerId,
        transactionState: state,
      })),
    }
  },
}

function isState(text: string): text is TransactionState {
  return (transactionStates as readonly string[]).includes(text)
}

function passesState({ stateFilters }: ListTransactionsRequest, { state }: Transaction): boolean {
  return stateFilters.length === 0 || stateFilters.includes(state)
}

function passesProducer(
  { producerIdFilters }: ListTransactionsRequest,
  { producerId }: Transaction,
): boolean {
  return producerIdFilters.length === 0 || producerIdFilters.includes(producerId)
}

/** A pattern has to fit the whole of a transactional id. */
function patternOf(pattern: string | null): RegExp | undefined | 'broken' {
  if (pattern === null || pattern === '') return undefined
  try {
    return new RegExp(`^(?:${pattern})$`, 'u')
  } catch {
    return 'broken'
  }
}
