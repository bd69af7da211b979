import { ErrorCodes } from '../../protocol/error-codes.ts'
import { buildEndMarker } from '../../records/index.ts'
import type { Partition } from '../state/partition.ts'
import type { ProducerMarker } from './producer-states.ts'

/** Where a marker was put, or why it was not. */
export interface MarkerResult {
  readonly errorCode: number
  /** -1 with an error. */
  readonly offset: number
}

/**
 * Writes the marker that ends a transaction into a partition that is led here.
 *
 * @param isNewEpoch the marker has to have a newer epoch than the records that it ends (KIP-890)
 */
export function appendMarker(
  { log, topic, leaderEpoch }: Partition,
  marker: ProducerMarker,
  isNewEpoch: boolean,
  nowMs: number,
): MarkerResult {
  const errorCode = log.producers.checkMarker(marker, isNewEpoch)
  if (errorCode !== ErrorCodes.NONE) return { errorCode, offset: -1 }
  const { type, coordinatorEpoch, producerId, epoch: producerEpoch } = marker
  const bytes = buildEndMarker({ type, coordinatorEpoch, producerId, producerEpoch, timestampMs: nowMs })
  // Small as it is: transactions that cannot end would hold back every reader.
  if (!log.reserve(bytes.length)) return { errorCode: ErrorCodes.KAFKA_STORAGE_ERROR, offset: -1 }
  const batch = { bytes, recordCount: 1, maxTimestamp: nowMs, producer: null, isTransactional: true }
  const offset = log.append(batch, leaderEpoch, topic.settings.stampsAppendTime ? nowMs : undefined)
  log.producers.ended(marker, offset, nowMs, nowMs)
  return { errorCode, offset }
}
