import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Logger } from '../../runtime/runtime.ts'
import type { Partition } from '../state/partition.ts'
import { isRefusal, type RecordError, refusal, type ValidBatch, type Verdict } from './validate-batch.ts'

export interface AppendRules {
  readonly nowMs: number
  readonly logger: Logger
}

/** What became of one batch, in the terms of the Produce response. */
export interface AppendResult {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly recordErrors: readonly RecordError[]
  /** -1 with an error. */
  readonly baseOffset: number
  /** -1 unless the log gives the time. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
}

/** Appends a batch that was found valid, after a look at its producer and at the memory that is left. */
export function appendBatch(
  partition: Partition | undefined,
  verdict: Verdict,
  { nowMs, logger }: AppendRules,
): AppendResult {
  if (partition === undefined || isRefusal(verdict)) {
    const { errorCode, errorMessage, recordErrors } = verdict as Exclude<Verdict, ValidBatch>
    return failed(errorCode, partition, errorMessage, recordErrors)
  }
  const { log, topic } = partition
  const { producer } = verdict
  if (verdict.isTransactional) return failed(ErrorCodes.INVALID_TXN_STATE, partition)
  if (producer !== null) {
    const duplicate = log.producers.duplicateOf(producer)
    if (duplicate !== undefined) return appended(partition, duplicate.baseOffset, duplicate.timestamp)
    const errorCode = log.producers.check(producer)
    if (errorCode !== ErrorCodes.NONE) return failed(errorCode, partition)
  }
  if (!log.reserve(verdict.bytes.length)) return full(partition, logger)
  const { stampsAppendTime, retentionBytes, deletesOldRecords } = topic.settings
  const logAppendTimeMs = stampsAppendTime ? nowMs : undefined
  const baseOffset = log.append(verdict, partition.leaderEpoch, logAppendTimeMs)
  if (producer !== null) {
    log.producers.appended(producer, baseOffset, logAppendTimeMs ?? verdict.maxTimestamp, nowMs)
  }
  if (deletesOldRecords && retentionBytes >= 0) log.retainBytes(retentionBytes)
  return appended(partition, baseOffset, logAppendTimeMs ?? -1)
}

function appended({ log }: Partition, baseOffset: number, logAppendTimeMs: number): AppendResult {
  return {
    errorCode: ErrorCodes.NONE,
    errorMessage: null,
    recordErrors: [],
    baseOffset,
    logAppendTimeMs,
    logStartOffset: log.startOffset,
  }
}

function failed(
  errorCode: number,
  partition: Partition | undefined,
  errorMessage: string | null = null,
  recordErrors: readonly RecordError[] = [],
): AppendResult {
  const logStartOffset = recordErrors.length > 0 ? (partition?.log.startOffset ?? -1) : -1
  return { errorCode, errorMessage, recordErrors, baseOffset: -1, logAppendTimeMs: -1, logStartOffset }
}

/**
 * All memory for records is used. Records are never dropped behind a test's back, and an error that clients retry
 * would only make them wait, so this one says at once what to do.
 */
function full(partition: Partition, logger: Logger): AppendResult {
  const what =
    'the test broker keeps records in memory and has no more of it: raise maxStoredBytes, set retention.bytes, or delete topics'
  logger.error({ topic: partition.topic.name, partition: partition.index }, what)
  const { errorCode, errorMessage } = refusal(ErrorCodes.POLICY_VIOLATION, what)
  return failed(errorCode, partition, errorMessage)
}
