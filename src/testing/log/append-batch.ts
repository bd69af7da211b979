import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Logger } from '../../runtime/runtime.ts'
import type { Partition } from '../state/partition.ts'
import { isRefusal, type RecordError, type Refusal, refusal, refusedByLog } from './refusal.ts'
import type { ValidBatch, Verdict } from './validate-batch.ts'

/** What became of one batch, in the terms of the Produce response. */
export interface AppendResult {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly recordErrors: readonly RecordError[]
  /** -1 with an error. */
  readonly baseOffset: number
  /** The offset after the last record; -1 with an error. */
  readonly nextOffset: number
  /** -1 unless the log gives the time. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
}

/** Appends a batch that was found valid, after a look at its producer and at the memory that is left. */
export function appendBatch(
  partition: Partition | undefined,
  verdict: Verdict,
  nowMs: number,
  logger: Logger,
): AppendResult {
  if (partition === undefined || isRefusal(verdict)) return refused(verdict as Refusal, partition, logger)
  const outcome = append(partition, verdict, nowMs)
  if ('errorCode' in outcome) return refused(outcome, partition, logger)
  const logStartOffset = partition.log.startOffset
  return { errorCode: ErrorCodes.NONE, errorMessage: null, recordErrors: [], logStartOffset, ...outcome }
}

type Appended = Pick<AppendResult, 'baseOffset' | 'nextOffset' | 'logAppendTimeMs'>

function append(
  { log, topic, leaderEpoch }: Partition,
  batch: ValidBatch,
  nowMs: number,
): Appended | Refusal {
  const { producer } = batch
  if (producer !== null) {
    const duplicate = log.producers.duplicateOf(producer)
    if (duplicate !== undefined) {
      const { baseOffset } = duplicate
      return { baseOffset, nextOffset: baseOffset + batch.recordCount, logAppendTimeMs: duplicate.timestamp }
    }
    const errorCode = log.producers.check(producer)
    const { producerId, epoch, baseSequence } = producer
    if (errorCode !== ErrorCodes.NONE) {
      const reason = `producer ${producerId} of epoch ${epoch} sent sequence ${baseSequence}`
      return refusedByLog(errorCode, reason)
    }
  }
  if (!log.reserve(batch.bytes.length)) return full
  const { stampsAppendTime, retentionBytes, deletesOldRecords } = topic.settings
  const logAppendTimeMs = stampsAppendTime ? nowMs : undefined
  const baseOffset = log.append(batch, leaderEpoch, logAppendTimeMs)
  if (producer !== null) {
    log.producers.appended(producer, baseOffset, logAppendTimeMs ?? batch.maxTimestamp, nowMs)
  }
  if (deletesOldRecords && retentionBytes >= 0) log.retainBytes(retentionBytes)
  return { baseOffset, nextOffset: baseOffset + batch.recordCount, logAppendTimeMs: logAppendTimeMs ?? -1 }
}

/**
 * All memory for records is used. Records are never dropped behind a test's back, and an error that clients retry
 * would only make them wait, so this one says at once what to do.
 */
const full: Refusal = {
  ...refusal(
    ErrorCodes.POLICY_VIOLATION,
    'the test broker keeps records in memory and has no more of it: raise maxStoredBytes, set retention.bytes, or delete topics',
  ),
  isTold: true,
}

function refused(
  { errorCode, reason, isTold, recordErrors, isByLog }: Refusal,
  partition: Partition | undefined,
  logger: Logger,
): AppendResult {
  if (reason !== null && partition !== undefined) {
    const context = { topic: partition.topic.name, partition: partition.index, errorCode, recordErrors }
    logger.warn(context, `a batch for ${context.topic}[${context.partition}] was refused: ${reason}`)
  }
  return {
    errorCode,
    errorMessage: isTold ? reason : null,
    recordErrors,
    baseOffset: -1,
    nextOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: isByLog ? partition!.log.startOffset : -1,
  }
}
