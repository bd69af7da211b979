import type { Offload } from '../../compression/index.ts'
import { CompressionError, CorruptRecordsError } from '../../errors.ts'
import { ErrorCodes } from '../../protocol/error-codes.ts'
import { type BatchView, bytesSource, crc32c, readBatches } from '../../records/index.ts'
import * as at from '../../records/layout.ts'
import type { TopicSettings } from '../state/topic-configs.ts'
import type { ProducerBatch } from './producer-states.ts'

const firstVersionWithZstd = 7

/** A batch that may be appended, as far as its bytes go. */
export interface ValidBatch {
  /** The whole batch, header included. */
  readonly bytes: Buffer
  readonly recordCount: number
  /** The largest timestamp of its records. */
  readonly maxTimestamp: number
  /** Null without a producer id. */
  readonly producer: ProducerBatch | null
  readonly isTransactional: boolean
}

export interface RecordError {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

/** Why a batch is not taken. */
export interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string | null
  /** The records that are at fault, where it is not the batch as a whole. */
  readonly recordErrors: readonly RecordError[]
}

export type Verdict = ValidBatch | Refusal

export function isRefusal(verdict: Verdict): verdict is Refusal {
  return 'errorCode' in verdict
}

export function refusal(
  errorCode: number,
  errorMessage: string | null = null,
  recordErrors: readonly RecordError[] = [],
): Refusal {
  return { errorCode, errorMessage, recordErrors }
}

export interface ValidationRules {
  readonly topic: string
  readonly partition: number
  /** The version of the Produce request. */
  readonly version: number
  readonly settings: TopicSettings
  readonly nowMs: number
  /** The most that a compressed batch may hold. */
  readonly maxUncompressedBytes: number
  readonly offload: Offload
}

/**
 * Checks what a Produce request brings for one partition: exactly one batch of magic 2, whole, with the right
 * checksum, not too large, its records well formed and numbered from 0. Compressed records are looked into too.
 */
export function validateBatch(records: Buffer | null, rules: ValidationRules): Verdict | Promise<Verdict> {
  const reader = readBatches(records ?? Buffer.alloc(0), bytesSource(rules.topic, rules.partition), {
    checkCrc: false,
  })
  try {
    const batch = reader.next()
    if (batch === undefined) return refusal(ErrorCodes.INVALID_RECORD, 'there is no whole record batch')
    const isAlone = reader.next() === undefined
    return validateHeader(batch, isAlone, rules) ?? validateRecords(batch, rules)
  } catch (error) {
    return refusalOf(error)
  }
}

function validateHeader(batch: BatchView, isAlone: boolean, rules: ValidationRules): Refusal | undefined {
  const { bytes } = batch
  if (batch.magic !== 2) {
    return refusal(ErrorCodes.INVALID_RECORD, `a batch of magic ${batch.magic}; Produce takes magic 2 alone`)
  }
  if (batch.compression === 'zstd' && rules.version < firstVersionWithZstd) {
    return refusal(ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE)
  }
  if (!isAlone) return refusal(ErrorCodes.INVALID_RECORD, 'more than one batch for a partition')
  if (batch.baseOffset !== 0n) {
    return refusal(
      ErrorCodes.INVALID_RECORD,
      `the batch's base offset is ${batch.baseOffset}; producers write 0`,
    )
  }
  if (bytes.length > rules.settings.maxMessageBytes) return refusal(ErrorCodes.MESSAGE_TOO_LARGE)
  if (bytes.readUInt32BE(at.CRC_AT) !== crc32c(bytes, at.ATTRIBUTES_AT, bytes.length)) {
    return refusal(ErrorCodes.CORRUPT_MESSAGE)
  }
  const { recordCount, lastOffsetDelta } = batch
  if (recordCount < 1 || lastOffsetDelta !== recordCount - 1) {
    const counted = `${recordCount} records, the last one numbered ${lastOffsetDelta}`
    return refusal(ErrorCodes.INVALID_RECORD, `the batch has ${counted}`)
  }
  if (batch.isControl) {
    return refusal(ErrorCodes.INVALID_RECORD, 'control records are written by brokers alone')
  }
  if (batch.producerId !== -1n && batch.baseSequence < 0) {
    return refusal(ErrorCodes.INVALID_RECORD, 'a batch with a producer id needs a sequence number')
  }
  return undefined
}

function validateRecords(batch: BatchView, rules: ValidationRules): Verdict | Promise<Verdict> {
  const uncompressed = batch.uncompressed(rules.maxUncompressedBytes, rules.offload)
  if (!(uncompressed instanceof Promise)) return walkRecords(uncompressed, rules)
  return uncompressed.then((view) => walkRecords(view, rules)).catch(refusalOf)
}

function walkRecords(batch: BatchView, rules: ValidationRules): Verdict {
  const { compacted, stampsAppendTime, timestampAfterMaxMs, timestampBeforeMaxMs } = rules.settings
  const earliest = stampsAppendTime ? Number.NEGATIVE_INFINITY : rules.nowMs - timestampBeforeMaxMs
  const latest = stampsAppendTime ? Number.POSITIVE_INFINITY : rules.nowMs + timestampAfterMaxMs
  const faults: RecordError[] = []
  let badTimestamp = false
  let maxTimestamp = -1
  const cursor = batch.cursor()
  for (let index = 0; cursor.next(); index += 1) {
    const { timestamp } = cursor
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    if (cursor.offsetDelta !== index) {
      return refusal(
        ErrorCodes.INVALID_RECORD,
        `record ${index} of the batch is numbered ${cursor.offsetDelta}`,
      )
    }
    if (compacted && cursor.keyStart === -1) {
      faults.push({
        batchIndex: index,
        batchIndexErrorMessage: 'a compacted topic takes no record without a key',
      })
    } else if (timestamp !== -1 && (timestamp < earliest || timestamp > latest)) {
      badTimestamp = true
      const batchIndexErrorMessage = `the timestamp ${timestamp} is not between ${earliest} and ${latest}`
      faults.push({ batchIndex: index, batchIndexErrorMessage })
    }
  }
  if (faults.length > 0) {
    const errorCode = badTimestamp ? ErrorCodes.INVALID_TIMESTAMP : ErrorCodes.INVALID_RECORD
    return refusal(errorCode, 'one or more records are refused', faults)
  }
  const { bytes, recordCount, isTransactional } = batch
  return { bytes, recordCount, maxTimestamp, producer: producerOf(batch), isTransactional }
}

function producerOf({
  producerId,
  producerEpoch,
  baseSequence,
  recordCount,
}: BatchView): ProducerBatch | null {
  if (producerId === -1n) return null
  return { producerId, epoch: producerEpoch, baseSequence, recordCount }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof CompressionError) return refusal(ErrorCodes.CORRUPT_MESSAGE, error.message)
  if (error instanceof CorruptRecordsError) return refusal(ErrorCodes.INVALID_RECORD, error.message)
  throw error
}
