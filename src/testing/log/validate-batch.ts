import { compressionNames, type Offload } from '../../compression/index.ts'
import { CompressionError, CorruptRecordsError } from '../../errors.ts'
import { ErrorCodes } from '../../protocol/error-codes.ts'
import { type BatchView, bytesSource, crc32c, readBatches } from '../../records/index.ts'
import * as at from '../../records/layout.ts'
import type { TopicSettings } from '../state/topic-configs.ts'
import type { ProducerBatch } from './producer-states.ts'
import { type RecordError, type Refusal, refusal, refusedByLog } from './refusal.ts'

const firstVersionWithZstd = 7
/** What a message of the oldest format takes, its offset and length not counted. */
const leastLength = 14

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

export type Verdict = ValidBatch | Refusal

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
  const found = findBatch(records ?? Buffer.alloc(0), rules.version)
  if (!Buffer.isBuffer(found)) return found
  const refused = validateHeader(found, rules)
  if (refused !== undefined) return refused
  try {
    const source = bytesSource(rules.topic, rules.partition)
    const batch = readBatches(found, source, { checkCrc: false }).next()!
    const uncompressed = batch.uncompressed(rules.maxUncompressedBytes, rules.offload)
    if (!(uncompressed instanceof Promise)) return validateRecords(uncompressed, rules)
    return uncompressed.then((view) => validateRecords(view, rules)).catch(refusalOf)
  } catch (error) {
    return refusalOf(error)
  }
}

/** The one batch that is there; what follows it and is not whole does not count. */
function findBatch(records: Buffer, version: number): Buffer | Refusal {
  const end = endOfBatch(records, 0)
  if (typeof end !== 'number') return end
  if (end === -1) return refusal(ErrorCodes.INVALID_RECORD, 'there is no whole record batch')
  const magic = records[at.MAGIC_AT]
  if (magic !== 2) {
    return refusal(ErrorCodes.INVALID_RECORD, `a batch of magic ${magic}, where only magic 2 is taken`)
  }
  if (end < at.BATCH_OVERHEAD_BYTES) {
    return refusal(ErrorCodes.CORRUPT_MESSAGE, `a batch of ${end} bytes, which is less than its header`)
  }
  const codec = compressionNames[records.readInt16BE(at.ATTRIBUTES_AT) & at.COMPRESSION_MASK]
  if (codec === 'zstd' && version < firstVersionWithZstd) {
    const reason = `Produce ${version} cannot bring zstd; that takes ${firstVersionWithZstd}`
    return refusal(ErrorCodes.UNSUPPORTED_COMPRESSION_TYPE, reason)
  }
  if (endOfBatch(records, end) !== -1) {
    return refusal(ErrorCodes.INVALID_RECORD, 'more than one batch for a partition')
  }
  return records.subarray(0, end)
}

/** Where the batch at `start` ends; -1 when it is cut off or there is none. */
function endOfBatch(records: Buffer, start: number): number | Refusal {
  if (records.length - start < at.MAGIC_END) return -1
  const length = records.readInt32BE(start + at.LENGTH_AT)
  const magic = records[start + at.MAGIC_AT]
  if (length < leastLength || magic > 2) {
    const reason = `a batch of magic ${magic} and of length ${length}, which cannot be`
    return { ...refusal(ErrorCodes.CORRUPT_MESSAGE, reason), isTold: true }
  }
  const end = start + at.LENGTH_OVERHEAD_BYTES + length
  return end > records.length ? -1 : end
}

function validateHeader(bytes: Buffer, { settings }: ValidationRules): Refusal | undefined {
  const baseOffset = bytes.readBigInt64BE(at.BASE_OFFSET_AT)
  if (baseOffset !== 0n) return invalid(`the base offset is ${baseOffset}, where producers write 0`)
  if (bytes.length > settings.maxMessageBytes) {
    const reason = `the batch takes ${bytes.length} bytes, and max.message.bytes is ${settings.maxMessageBytes}`
    return refusal(ErrorCodes.MESSAGE_TOO_LARGE, reason)
  }
  if (bytes.readUInt32BE(at.CRC_AT) !== crc32c(bytes, at.ATTRIBUTES_AT, bytes.length)) {
    return refusal(ErrorCodes.CORRUPT_MESSAGE, 'the checksum does not fit the batch')
  }
  const attributes = bytes.readInt16BE(at.ATTRIBUTES_AT)
  const recordCount = bytes.readInt32BE(at.RECORD_COUNT_AT)
  const lastOffsetDelta = bytes.readInt32BE(at.LAST_OFFSET_DELTA_AT)
  if (recordCount < 1 || lastOffsetDelta !== recordCount - 1) {
    return invalid(`the batch has ${recordCount} records, and the last one is numbered ${lastOffsetDelta}`)
  }
  if ((attributes & at.CONTROL_BIT) !== 0) return invalid('control records are written by brokers alone')
  const hasProducer = bytes.readBigInt64BE(at.PRODUCER_ID_AT) !== at.NO_PRODUCER_ID
  if (hasProducer && bytes.readInt32BE(at.BASE_SEQUENCE_AT) < 0) {
    return invalid('a batch with a producer id needs a sequence number')
  }
  const codec = attributes & at.COMPRESSION_MASK
  if (compressionNames[codec] === undefined) {
    return refusedByLog(ErrorCodes.UNKNOWN_SERVER_ERROR, `there is no codec ${codec}`)
  }
  return undefined
}

function validateRecords(batch: BatchView, rules: ValidationRules): Verdict {
  const { compacted, stampsAppendTime, timestampAfterMaxMs, timestampBeforeMaxMs } = rules.settings
  const earliest = stampsAppendTime ? Number.NEGATIVE_INFINITY : rules.nowMs - timestampBeforeMaxMs
  const latest = stampsAppendTime ? Number.POSITIVE_INFINITY : rules.nowMs + timestampAfterMaxMs
  const faults: RecordError[] = []
  let errorCode: number = ErrorCodes.INVALID_RECORD
  let maxTimestamp = -1
  const cursor = batch.cursor()
  for (let index = 0; cursor.next(); index += 1) {
    const { timestamp } = cursor
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    if (cursor.offsetDelta !== index) {
      return invalid(`record ${index} of the batch is numbered ${cursor.offsetDelta}`)
    }
    if (compacted && cursor.keyStart === -1) {
      faults.push({
        batchIndex: index,
        batchIndexErrorMessage: 'a compacted topic takes no record without a key',
      })
    } else if (timestamp !== -1 && (timestamp < earliest || timestamp > latest)) {
      errorCode = ErrorCodes.INVALID_TIMESTAMP
      const batchIndexErrorMessage = `the timestamp ${timestamp} is not between ${earliest} and ${latest}`
      faults.push({ batchIndex: index, batchIndexErrorMessage })
    }
  }
  if (faults.length > 0) return refusedByLog(errorCode, 'some of the records cannot be taken', faults)
  const { bytes, recordCount, isTransactional } = batch
  return { bytes, recordCount, maxTimestamp, producer: producerOf(batch), isTransactional }
}

function producerOf({
  producerId,
  producerEpoch,
  baseSequence,
  recordCount,
  isTransactional,
}: BatchView): ProducerBatch | null {
  if (producerId === at.NO_PRODUCER_ID) return null
  return { producerId, epoch: producerEpoch, baseSequence, recordCount, isTransactional }
}

function invalid(reason: string): Refusal {
  return refusedByLog(ErrorCodes.INVALID_RECORD, reason)
}

function refusalOf(error: unknown): Refusal {
  // Kafka does not expect that, and has no better word for it.
  if (error instanceof CompressionError) return refusedByLog(ErrorCodes.UNKNOWN_SERVER_ERROR, error.message)
  if (error instanceof CorruptRecordsError) return invalid(error.message)
  throw error
}
