import { ErrorCodes } from '../../protocol/error-codes.ts'
import * as at from '../../records/layout.ts'
import type { ProducerBatch } from '../log/producer-states.ts'
import { type Refusal, refusal } from '../log/refusal.ts'
import type { BrokerContext } from '../server/handler.ts'
import type { Partition } from '../state/partition.ts'
import { type ClientGeneration, isVerifying, verifyPartitions } from './verification.ts'

/** What a Produce request brings for one partition, which this broker leads. */
export interface BatchFor {
  readonly partition: Partition
  readonly records: Buffer | null
}

interface TransactionalBatch {
  readonly partition: Partition
  readonly batch: ProducerBatch
}

/**
 * Sees to it that the batches of transactions are for partitions which belong to them. A partition that the transaction
 * has written to needs no second look. Answers a refusal, or undefined, for each of `batches`; undefined stands for a
 * partition that there is nothing to say about.
 */
export function verifyBatches(
  broker: BrokerContext,
  transactionalId: string,
  batches: readonly (BatchFor | undefined)[],
  generation: ClientGeneration,
): (Refusal | undefined)[] {
  const found = batches.map((one) => (one === undefined ? undefined : transactionalBatch(one)))
  const [first, ...others] = found.filter((one) => one !== undefined)
  if (first === undefined) return found.map(() => undefined)
  if (others.some((other) => !isSameProducer(first, other))) {
    return batches.map((one) => (one === undefined ? undefined : severalProducers))
  }
  if (generation !== 'adding' && !isVerifying(broker)) return found.map(() => undefined)
  const unverified = found.map((one) =>
    one === undefined || one.partition.log.producers.hasOpenTransaction(one.batch) ? undefined : one,
  )
  const asked = unverified.filter((one) => one !== undefined)
  for (const { partition, batch } of asked) {
    partition.log.producers.verifications.begin(batch, generation === 'adding')
  }
  const { producerId, epoch: producerEpoch } = first.batch
  const errors = verifyPartitions(
    broker,
    { transactionalId, producerId, producerEpoch },
    asked.map(({ partition }) => ({ topic: partition.topic.name, partition: partition.index })),
    generation,
  )
  return unverified.map((one) =>
    one === undefined ? undefined : refusalOf(errors[asked.indexOf(one)], generation),
  )
}

function transactionalBatch({ partition, records }: BatchFor): TransactionalBatch | undefined {
  if (!isTransactional(records)) return undefined
  const producerId = records.readBigInt64BE(at.PRODUCER_ID_AT)
  if (producerId === at.NO_PRODUCER_ID) return undefined
  const batch = {
    producerId,
    epoch: records.readInt16BE(at.PRODUCER_EPOCH_AT),
    baseSequence: records.readInt32BE(at.BASE_SEQUENCE_AT),
    recordCount: records.readInt32BE(at.RECORD_COUNT_AT),
    isTransactional: true,
  }
  return { partition, batch }
}

/** Whether the first batch says to belong to a transaction. */
export function isTransactional(records: Buffer | null): records is Buffer {
  return (
    records !== null &&
    records.length >= at.BATCH_OVERHEAD_BYTES &&
    records[at.MAGIC_AT] === 2 &&
    (records.readInt16BE(at.ATTRIBUTES_AT) & at.TRANSACTIONAL_BIT) !== 0
  )
}

function isSameProducer({ batch: one }: TransactionalBatch, { batch: other }: TransactionalBatch): boolean {
  return one.producerId === other.producerId && one.epoch === other.epoch
}

const severalProducers: Refusal = {
  ...refusal(
    ErrorCodes.INVALID_PRODUCER_ID_MAPPING,
    'the batches of a request come from more than one producer',
  ),
  isTold: true,
}

/** Errors of coordinators that clients do not expect of leaders: they are told to try again. */
const retriable: readonly number[] = [
  ErrorCodes.NETWORK_EXCEPTION,
  ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCodes.COORDINATOR_NOT_AVAILABLE,
  ErrorCodes.NOT_COORDINATOR,
]

function refusalOf(errorCode: number, generation: ClientGeneration): Refusal | undefined {
  if (errorCode === ErrorCodes.NONE) return undefined
  if (errorCode === ErrorCodes.INVALID_TXN_STATE) {
    return { ...refusal(errorCode, 'the partition was not added to the transaction'), isTold: true }
  }
  const isTranslated =
    retriable.includes(errorCode) ||
    (errorCode === ErrorCodes.CONCURRENT_TRANSACTIONS && generation !== 'adding')
  if (!isTranslated) return refusal(errorCode)
  const reason = `the transaction cannot be asked about at present: error ${errorCode}`
  return { ...refusal(ErrorCodes.NOT_ENOUGH_REPLICAS, reason), isTold: true }
}
