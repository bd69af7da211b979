import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerSettings } from '../state/broker-configs.ts'
import type { TopicPartition } from './participants.ts'
import { type ProducerIdentity, Transaction } from './transaction.ts'

/** Far more than any test has; it keeps a loop that makes transactional ids from filling the memory. */
const maxTransactionalIds = 10_000
/** Of one transaction. */
const maxGroups = 10_000

/** A producer that says to own a transactional id. */
export interface ProducerClaim extends ProducerIdentity {
  readonly transactionalId: string
}

export interface InitRequest extends ProducerClaim {
  readonly transactionTimeoutMs: number
}

/** Who the producer is from now on; both -1 with an error. */
export interface ProducerAnswer extends ProducerIdentity {
  readonly errorCode: number
}

export interface CoordinatorPorts {
  readonly settings: Pick<BrokerSettings, 'transactionMaxTimeoutMs' | 'transactionalIdExpirationMs'>
  nowMs(): number
  nextProducerId(): bigint
  /** Writes the markers of a transaction that is being ended, however long it takes, and calls `complete` then. */
  writeMarkers(transaction: Transaction): void
}

/**
 * The transactional ids of a cluster, and what their requests are answered. It decides; who tells the partitions and
 * groups of it is behind `writeMarkers`.
 */
export class TransactionCoordinator {
  readonly #transactions = new Map<string, Transaction>()
  readonly #ports: CoordinatorPorts

  constructor(ports: CoordinatorPorts) {
    this.#ports = ports
  }

  [Symbol.iterator](): IterableIterator<Transaction> {
    return this.#transactions.values()
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId)
  }

  // --- producers ---

  /** InitProducerId with a transactional id; a producer id of -1 is that of a producer that begins. */
  init(request: InitRequest): ProducerAnswer {
    const { transactionalId, transactionTimeoutMs: timeoutMs } = request
    if (transactionalId === '') return refused(ErrorCodes.INVALID_REQUEST)
    if (timeoutMs <= 0 || timeoutMs > this.#ports.settings.transactionMaxTimeoutMs) {
      return refused(ErrorCodes.INVALID_TRANSACTION_TIMEOUT)
    }
    const transaction = this.#getOrCreate(transactionalId)
    if (transaction === undefined) return refused(ErrorCodes.COORDINATOR_NOT_AVAILABLE)
    const isSameProducer = request.producerId !== -1n
    if (isSameProducer && !transaction.isKnown(request)) return refused(ErrorCodes.PRODUCER_FENCED)
    if (transaction.isEnding) return refused(ErrorCodes.CONCURRENT_TRANSACTIONS)
    if (transaction.state === 'Ongoing') {
      this.#abort(transaction)
      // The producer asks again, and finds the transaction ended.
      return refused(ErrorCodes.CONCURRENT_TRANSACTIONS)
    }
    const isNew = transaction.producerEpoch === -1
    const isRetry = isSameProducer && !isNew && !isCurrent(transaction, request)
    // Kafka has no better word for it when the epochs are used up.
    if (isRetry && transaction.isEpochUsedUp) return refused(ErrorCodes.UNKNOWN_SERVER_ERROR)
    if (isRetry && !transaction.isRetryOfInit(request)) return refused(ErrorCodes.PRODUCER_FENCED)
    if (transaction.isEpochUsedUp) {
      transaction.changeProducerId(this.#ports.nextProducerId(), timeoutMs, isSameProducer)
    } else if (isRetry) transaction.repeatEpoch(timeoutMs)
    else transaction.bumpEpoch(timeoutMs, isSameProducer)
    return granted(transaction)
  }

  #getOrCreate(transactionalId: string): Transaction | undefined {
    let transaction = this.#transactions.get(transactionalId)
    if (transaction === undefined) {
      if (this.#transactions.size >= maxTransactionalIds) return undefined
      transaction = new Transaction(transactionalId, this.#ports.nextProducerId(), () => this.#ports.nowMs())
      this.#transactions.set(transactionalId, transaction)
    }
    return transaction
  }

  // --- what takes part ---

  /** AddPartitionsToTxn. */
  addPartitions(claim: ProducerClaim, partitions: readonly TopicPartition[]): number {
    const transaction = this.#claimed(claim)
    if (typeof transaction === 'number') return transaction
    const isThere = partitions.every((partition) => transaction.participants.has(partition))
    if (transaction.state === 'Ongoing' && isThere) return ErrorCodes.NONE
    transaction.begin()
    for (const partition of partitions) transaction.participants.add(partition)
    return ErrorCodes.NONE
  }

  /** Whether a partition belongs to the open transaction, without adding it. */
  verifyPartition(claim: ProducerClaim, partition: TopicPartition): number {
    const transaction = this.#claimed(claim)
    if (typeof transaction === 'number') return transaction
    const isThere = transaction.state === 'Ongoing' && transaction.participants.has(partition)
    return isThere ? ErrorCodes.NONE : ErrorCodes.TRANSACTION_ABORTABLE
  }

  /** AddOffsetsToTxn. */
  addGroup(claim: ProducerClaim, groupId: string): number {
    const transaction = this.#claimed(claim)
    if (typeof transaction === 'number') return transaction
    const { groups } = transaction.participants
    if (transaction.state === 'Ongoing' && groups.has(groupId)) return ErrorCodes.NONE
    if (groups.size >= maxGroups) return ErrorCodes.COORDINATOR_NOT_AVAILABLE
    transaction.begin()
    transaction.participants.addGroup(groupId)
    return ErrorCodes.NONE
  }

  /** Whether a group belongs to the open transaction, without adding it. */
  verifyGroup(claim: ProducerClaim, groupId: string): number {
    const transaction = this.#claimed(claim)
    if (typeof transaction === 'number') return transaction
    const isThere = transaction.state === 'Ongoing' && transaction.participants.groups.has(groupId)
    return isThere ? ErrorCodes.NONE : ErrorCodes.TRANSACTION_ABORTABLE
  }

  /** The transaction of a producer that may go on with it, or the error that it meets. */
  #claimed(claim: ProducerClaim): Transaction | number {
    if (claim.transactionalId === '') return ErrorCodes.INVALID_REQUEST
    const transaction = this.#transactions.get(claim.transactionalId)
    if (transaction === undefined || transaction.producerId !== claim.producerId) {
      return ErrorCodes.INVALID_PRODUCER_ID_MAPPING
    }
    if (transaction.producerEpoch !== claim.producerEpoch) return ErrorCodes.PRODUCER_FENCED
    return transaction.isEnding ? ErrorCodes.CONCURRENT_TRANSACTIONS : transaction
  }

  // --- the end ---

  /** EndTxn. In version 2 each transaction has an epoch of its own, and one that has nothing in it can be aborted. */
  end(claim: ProducerClaim, isCommit: boolean, isVersion2: boolean): ProducerAnswer {
    if (claim.transactionalId === '') return refused(ErrorCodes.INVALID_REQUEST)
    const transaction = this.#transactions.get(claim.transactionalId)
    if (transaction === undefined) return refused(ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
    return isVersion2
      ? this.#endVersion2(transaction, claim, isCommit)
      : this.#endVersion1(transaction, claim, isCommit)
  }

  #endVersion1(transaction: Transaction, claim: ProducerClaim, isCommit: boolean): ProducerAnswer {
    if (transaction.producerId !== claim.producerId) return refused(ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
    if (transaction.producerEpoch !== claim.producerEpoch) return refused(ErrorCodes.PRODUCER_FENCED)
    if (transaction.state === 'Ongoing') return this.#prepare(transaction, isCommit, false)
    if (!isEndedAs(transaction, isCommit)) return refused(ErrorCodes.INVALID_TXN_STATE)
    return transaction.isEnding ? refused(ErrorCodes.CONCURRENT_TRANSACTIONS) : granted(transaction)
  }

  #endVersion2(transaction: Transaction, claim: ProducerClaim, isCommit: boolean): ProducerAnswer {
    const isOwner = transaction.producerId === claim.producerId
    if (!isOwner && !transaction.isRetryOverIds(claim)) return refused(ErrorCodes.INVALID_PRODUCER_ID_MAPPING)
    const isCurrent = isOwner && transaction.producerEpoch === claim.producerEpoch
    const isRetry = transaction.isRetryOfEnd(claim)
    const { state, isEnding } = transaction
    const isFenced =
      state === 'Empty' || state === 'Ongoing' ? !isCurrent : !isRetry && (isEnding || !isCurrent)
    if (isFenced) return refused(ErrorCodes.PRODUCER_FENCED)
    if (state === 'Ongoing') return this.#prepare(transaction, isCommit, true)
    if (isRetry) {
      if (!isEndedAs(transaction, isCommit)) return refused(ErrorCodes.INVALID_TXN_STATE)
      return isEnding ? refused(ErrorCodes.CONCURRENT_TRANSACTIONS) : granted(transaction)
    }
    return isCommit ? refused(ErrorCodes.INVALID_TXN_STATE) : this.#prepare(transaction, false, true)
  }

  #prepare(transaction: Transaction, isCommit: boolean, isVersion2: boolean): ProducerAnswer {
    const needsId = isVersion2 && transaction.isEpochUsedUp
    transaction.prepare(
      isCommit ? 'commit' : 'abort',
      isVersion2,
      needsId ? this.#ports.nextProducerId() : undefined,
    )
    const answer = { errorCode: ErrorCodes.NONE, ...transaction.successor }
    this.#writeMarkers(transaction)
    return answer
  }

  #abort(transaction: Transaction): void {
    transaction.fence()
    this.#writeMarkers(transaction)
  }

  #writeMarkers(transaction: Transaction): void {
    if (transaction.participants.isEmpty) transaction.complete()
    else this.#ports.writeMarkers(transaction)
  }

  // --- time ---

  /** Aborts the transactions that have been open for longer than their producers said. */
  abortTimedOut(): void {
    for (const transaction of this.#transactions.values()) {
      const { state, startedAtMs, timeoutMs } = transaction
      if (state === 'Ongoing' && startedAtMs + timeoutMs < this.#ports.nowMs()) this.#abort(transaction)
    }
  }

  /** Forgets the transactional ids that nobody has used for a long time. */
  expire(): void {
    const sinceMs = this.#ports.nowMs() - this.#ports.settings.transactionalIdExpirationMs
    for (const transaction of this.#transactions.values()) {
      if (!transaction.isAtRest || transaction.updatedAtMs > sinceMs) continue
      transaction.expire()
      this.#transactions.delete(transaction.transactionalId)
    }
  }
}

function isCurrent(transaction: Transaction, { producerId, producerEpoch }: ProducerIdentity): boolean {
  return transaction.producerId === producerId && transaction.producerEpoch === producerEpoch
}

/** Whether the transaction has ended, or is being ended, in this way. */
function isEndedAs({ state }: Transaction, isCommit: boolean): boolean {
  return (
    state === (isCommit ? 'CompleteCommit' : 'CompleteAbort') ||
    state === (isCommit ? 'PrepareCommit' : 'PrepareAbort')
  )
}

function granted({ producerId, producerEpoch }: Transaction): ProducerAnswer {
  return { errorCode: ErrorCodes.NONE, producerId, producerEpoch }
}

function refused(errorCode: number): ProducerAnswer {
  return { errorCode, producerId: -1n, producerEpoch: -1 }
}
