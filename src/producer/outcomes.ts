import { type Cluster, invalidatesMetadata, type LeaderHint, type RetryPolicy } from '../cluster/index.ts'
import { BrokerError, type KafkaError, ProtocolError } from '../errors.ts'
import { ErrorCodes, errorByCode } from '../protocol/error-codes.ts'
import type { PartitionProduceResponse, ProduceResponse } from '../protocol/messages/produce.ts'
import type { RecordAccumulator } from './accumulator.ts'
import type { ProducerBatch } from './batch.ts'
import { expired, type FailedDelivery, outcomeUnknown, refused } from './errors.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { ProduceRequest } from './produce-request.ts'
import type { Fate } from './sequences.ts'

/**
 * Answers after which the batch may be in the log although it does not count as written. A broker also says that it does
 * not lead when it did so as it took the batch, and another does since: the followers may have got the batch by then.
 */
const writtenNevertheless: readonly number[] = [
  ErrorCodes.REQUEST_TIMED_OUT,
  ErrorCodes.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCodes.NOT_LEADER_OR_FOLLOWER,
]

/** Answers that speak of a batch's number, and not of the batch. */
const numberRefused: readonly number[] = [
  ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCodes.UNKNOWN_PRODUCER_ID,
  ErrorCodes.INVALID_PRODUCER_EPOCH,
]

/**
 * What becomes of a batch that was sent: it is acknowledged; or it is tried again, after a pause that grows,
 * while the error is retriable and `deliveryTimeoutMs` lasts; or it fails for good.
 */
export class Outcomes {
  readonly #cluster: Cluster
  readonly #accumulator: RecordAccumulator
  readonly #retries: RetryPolicy
  readonly #pause: (queue: PartitionQueue, ms: number) => void

  constructor(
    cluster: Cluster,
    accumulator: RecordAccumulator,
    retries: RetryPolicy,
    pause: (queue: PartitionQueue, ms: number) => void,
  ) {
    this.#cluster = cluster
    this.#accumulator = accumulator
    this.#retries = retries
    this.#pause = pause
  }

  /** The broker answered a request. */
  answered(request: ProduceRequest, response: ProduceResponse, brokerId: number): void {
    this.#takeLeaderHints(response, request)
    request.match(response, (batch, answer) => {
      if (answer.errorCode === ErrorCodes.NONE) {
        this.#acknowledge(batch, answer.baseOffset, Number(answer.logAppendTimeMs))
      } else {
        this.#refuse(batch, answer, brokerId)
      }
    })
    for (const batch of request.batches) {
      if (batch.state === 'sending') this.#unanswered(batch, brokerId)
    }
  }

  /** The request is written and, with acks 0, nothing will be answered. */
  written(request: ProduceRequest): void {
    for (const batch of request.batches) this.#acknowledge(batch, -1n, -1)
  }

  /** The request broke: no answer will come. */
  broken(request: ProduceRequest, error: KafkaError): void {
    if (error.retriable) this.#cluster.staleMetadata(error.message)
    for (const batch of request.batches) {
      if (error.context.sent === true) batch.mayBeWritten = true
      this.#failOrRetry(batch, error)
    }
  }

  /**
   * The leader could not be reached, so nothing was sent. What waits for it waits longer, or for another leader; or
   * fails, when trying again does not help.
   */
  unreachable(queue: PartitionQueue, error: KafkaError): void {
    for (const batch of [...queue.batches]) {
      if (error.retriable) batch.lastError = error
      else this.fail(batch, refused(this.#delivery(batch), error))
    }
    const { next } = queue
    if (next === undefined) return
    next.failures++
    this.#cluster.staleMetadata(error.message)
    this.#pause(queue, this.#retries.delayMs(next.failures))
  }

  /** It fails for good; whoever waits for its records is told. */
  fail(batch: ProducerBatch, error: KafkaError, errorOf?: (index: number) => KafkaError): void {
    if (batch.state === 'settled') return
    // What becomes of one that is on its way is seen when it lands.
    if (batch.state !== 'sending' || !batch.queue.inFlight.includes(batch)) {
      this.#sealFate(batch, batch.mayBeWritten ? 'unknown' : 'not written')
    }
    batch.queue.remove(batch)
    batch.fail(errorOf ?? (() => error), this.#callbackThrew)
    this.#accumulator.release(batch)
  }

  /** It cannot be sent, for a reason that has nothing to do with it. */
  refuse(batch: ProducerBatch, error: KafkaError): void {
    this.fail(batch, refused(this.#delivery(batch), error))
  }

  /** It may be written, and the brokers can no longer tell: sent again, it might be there twice. */
  lose(batch: ProducerBatch): void {
    this.fail(batch, outcomeUnknown(this.#delivery(batch), batch.lastError))
  }

  /** Its request is over. One that was settled on its way, or before it left, has its fate now at the latest. */
  landed(batch: ProducerBatch): void {
    if (batch.state === 'settled') this.#sealFate(batch, batch.mayBeWritten ? 'unknown' : 'not written')
  }

  /** Whether the log has it will not change any more. Told once of each batch. */
  #sealFate(batch: ProducerBatch, fate: Fate): void {
    if (batch.fateIsSealed) return
    batch.fateIsSealed = true
    batch.queue.sequences?.resolved(batch, fate)
  }

  /** Its codec failed: it cannot be sent. */
  notCompressed(batch: ProducerBatch, error: KafkaError): void {
    this.fail(batch, refused(this.#delivery(batch), error))
  }

  /** It is older than `deliveryTimeoutMs`. */
  expire(batch: ProducerBatch): void {
    if (batch.state === 'sending') batch.mayBeWritten = true
    this.fail(batch, expired(this.#delivery(batch), batch.lastError))
  }

  #acknowledge(batch: ProducerBatch, baseOffset: bigint, appendTimeMs: number): void {
    this.#sealFate(batch, 'written')
    // It may have run out of time meanwhile.
    if (batch.state === 'sending') batch.acknowledge(baseOffset, appendTimeMs, this.#callbackThrew)
    this.#accumulator.release(batch)
  }

  #refuse(batch: ProducerBatch, answer: PartitionProduceResponse, brokerId: number): void {
    if (batch.baseSequence >= 0 && answer.errorCode === ErrorCodes.DUPLICATE_SEQUENCE_NUMBER) {
      // It is there, and the broker does not remember where.
      this.#acknowledge(batch, -1n, -1)
      return
    }
    const { topic, partition } = batch.queue
    const broker = this.#label(brokerId)
    const { name, message, retriable } = errorByCode(answer.errorCode)
    const told = answer.errorMessage === null ? '' : ` (${answer.errorMessage})`
    const error = new BrokerError(
      name,
      answer.errorCode,
      `broker ${broker} answered ${name}: ${message}${told}`,
      {
        retriable,
        context: { topic, partition, broker, api: 'Produce' },
      },
    )
    if (batch.baseSequence >= 0 && numberRefused.includes(answer.errorCode)) {
      this.#numberAgain(batch, error, answer.errorCode)
      return
    }
    if (writtenNevertheless.includes(answer.errorCode)) batch.mayBeWritten = true
    if (invalidatesMetadata(answer.errorCode)) this.#cluster.staleMetadata(error.message)
    this.#failOrRetry(batch, error, answer)
  }

  /**
   * The broker did not take it because of its number. Nothing is wrong when one before it failed and is sent again first;
   * else the broker has forgotten the producer, or knows it otherwise.
   */
  #numberAgain(batch: ProducerBatch, error: BrokerError, errorCode: number): void {
    const { queue } = batch
    queue.land(batch)
    const { sequences } = queue
    const isTooEarly =
      errorCode === ErrorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER && sequences?.comesTooEarly(batch) === true
    if (!isTooEarly) sequences?.lostTrack()
    if (batch.state === 'settled') {
      this.#sealFate(batch, isTooEarly && !batch.mayBeWritten ? 'not written' : 'unknown')
      this.#accumulator.release(batch)
      return
    }
    batch.retry(error)
    queue.putBack(batch)
    if (isTooEarly) return
    batch.failures++
    this.#pause(queue, this.#retries.delayMs(batch.failures))
  }

  #unanswered(batch: ProducerBatch, brokerId: number): void {
    const { topic, partition } = batch.queue
    const broker = this.#label(brokerId)
    const error = new ProtocolError(
      `broker ${broker} left ${topic}[${partition}] out of its answer to Produce`,
      {
        context: { topic, partition, broker, api: 'Produce' },
      },
    )
    batch.mayBeWritten = true
    this.#failOrRetry(batch, error)
  }

  #failOrRetry(batch: ProducerBatch, error: KafkaError, answer?: PartitionProduceResponse): void {
    const { queue } = batch
    queue.land(batch)
    if (batch.state === 'settled') {
      const isRefused = answer !== undefined && !writtenNevertheless.includes(answer.errorCode)
      this.#sealFate(batch, isRefused && !batch.mayBeWritten ? 'not written' : 'unknown')
      this.#accumulator.release(batch)
      return
    }
    if (!error.retriable) {
      this.fail(batch, refused(this.#delivery(batch), error), this.#errorsOfRecords(batch, error, answer))
      return
    }
    batch.failures++
    batch.retry(error)
    queue.putBack(batch)
    // A leader that the answer itself named needs no pause (KIP-951).
    if (queue.leader === undefined || queue.leader === queue.inFlightAt) {
      this.#pause(queue, this.#retries.delayMs(batch.failures))
    }
  }

  /** The broker may say which records it minds and why (KIP-467); the batch is refused as a whole. */
  #errorsOfRecords(
    batch: ProducerBatch,
    error: KafkaError,
    answer: PartitionProduceResponse | undefined,
  ): ((index: number) => KafkaError) | undefined {
    if (answer === undefined || answer.recordErrors.length === 0 || !(error instanceof BrokerError))
      return undefined
    const reasons = new Map<number, string>()
    for (const { batchIndex, batchIndexErrorMessage } of answer.recordErrors) {
      reasons.set(batchIndex, batchIndexErrorMessage ?? answer.errorMessage ?? 'the broker gave no reason')
    }
    const delivery = this.#delivery(batch)
    return (index) => {
      const reason = reasons.get(index)
      const message =
        reason === undefined
          ? `${error.message}; nothing is wrong with this record, but with ${reasons.size} others of its batch: send it again`
          : `${error.message}; the broker says of this record: ${reason}`
      const retriable = reason === undefined
      return refused(
        delivery,
        new BrokerError(error.code, error.kafkaCode, message, { retriable, context: error.context }),
      )
    }
  }

  #takeLeaderHints(response: ProduceResponse, request: ProduceRequest): void {
    const hints: LeaderHint[] = []
    for (const topic of response.responses) {
      for (const { index, errorCode, currentLeader } of topic.partitionResponses) {
        if (errorCode === ErrorCodes.NONE || currentLeader.leaderId < 0) continue
        const name = topic.name !== '' ? topic.name : request.topicOf(topic.topicId)
        if (name !== undefined) hints.push({ topic: name, partition: index, ...currentLeader })
      }
    }
    if (hints.length > 0) this.#cluster.applyLeaderHints(hints, response.nodeEndpoints)
  }

  /** A broker as errors name it. */
  #label(brokerId: number): string {
    const node = this.#cluster.brokers().find(({ id }) => id === brokerId)
    return node === undefined ? `${brokerId}` : `${brokerId} (${node.host}:${node.port})`
  }

  #delivery(batch: ProducerBatch): FailedDelivery {
    return {
      topic: batch.queue.topic,
      partition: batch.queue.partition,
      attempts: batch.attempts,
      elapsedMs: this.#cluster.runtime.clock.monotonicMs() - batch.createdMs,
      mayBeWritten: batch.mayBeWritten,
    }
  }

  readonly #callbackThrew = (error: unknown): void => {
    this.#cluster.logger.error({ error }, 'a callback given to post() threw')
  }
}
