import type { RecordSource } from './source.ts'

/** `none`: messages of magic 0 have no timestamp, it reads -1. */
export type TimestampType = 'none' | 'create' | 'logAppend'

/**
 * What a record needs of the batch that it came in: the bytes that it is a view of, and what the batch says once
 * for all its records.
 */
export class RecordOrigin<K, V> {
  readonly source: RecordSource<K, V>
  /** The records, uncompressed; all positions in a record are places in it. */
  readonly buffer: Buffer
  readonly baseOffset: bigint
  readonly timestampType: TimestampType
  readonly leaderEpoch: number

  constructor(
    source: RecordSource<K, V>,
    buffer: Buffer,
    baseOffset: bigint,
    timestampType: TimestampType,
    leaderEpoch: number,
  ) {
    this.source = source
    this.buffer = buffer
    this.baseOffset = baseOffset
    this.timestampType = timestampType
    this.leaderEpoch = leaderEpoch
  }
}
