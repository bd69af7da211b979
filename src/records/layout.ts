/**
 * Where things are in a record batch of magic 2 (KIP-98), in bytes from its start:
 *
 *    0 base offset       int64      21 attributes           int16      43 producer id     int64
 *    8 length            int32      23 last offset delta    int32      51 producer epoch  int16
 *   12 leader epoch      int32      27 base timestamp       int64      53 base sequence   int32
 *   16 magic             int8       35 max timestamp        int64      57 record count    int32
 *   17 CRC-32C           uint32                                        61 records
 *
 * The length counts what follows it; the checksum covers what follows it. Messages of magic 0 and 1 share the
 * first three fields and the place of the magic byte:
 *
 *    0 offset            int64      12 CRC-32   uint32     17 attributes         int8      then key and value,
 *    8 length            int32      16 magic    int8       18 timestamp (1 only) int64     each behind an int32
 */
export const BASE_OFFSET_AT = 0
export const LENGTH_AT = 8
export const LEADER_EPOCH_AT = 12
export const MAGIC_AT = 16
export const CRC_AT = 17
export const ATTRIBUTES_AT = 21
export const LAST_OFFSET_DELTA_AT = 23
export const BASE_TIMESTAMP_AT = 27
export const MAX_TIMESTAMP_AT = 35
export const PRODUCER_ID_AT = 43
export const PRODUCER_EPOCH_AT = 51
export const BASE_SEQUENCE_AT = 53
export const RECORD_COUNT_AT = 57

/** The header of a batch of magic 2; what is left of a buffer is for records. */
export const BATCH_OVERHEAD_BYTES = 61
/** The offset and the length, which the length does not count. */
export const LENGTH_OVERHEAD_BYTES = 12
/** As much of a batch as tells its magic. */
export const MAGIC_END = MAGIC_AT + 1

export const LEGACY_CRC_AT = 12
export const LEGACY_ATTRIBUTES_AT = 17
export const LEGACY_TIMESTAMP_AT = 18
/** Where the key's length is, by magic. */
export const LEGACY_KEY_AT: readonly number[] = [18, 26]

/** Attributes, the same bits in every magic that has them. */
export const COMPRESSION_MASK = 0x07
export const LOG_APPEND_TIME_BIT = 0x08
export const TRANSACTIONAL_BIT = 0x10
export const CONTROL_BIT = 0x20

/** A record with neither key, value nor headers: every field one byte long. */
export const SMALLEST_RECORD_BYTES = 7

export const NO_PRODUCER_ID = -1n
export const NO_PRODUCER_EPOCH = -1
export const NO_SEQUENCE = -1
export const NO_TIMESTAMP = -1
export const NO_LEADER_EPOCH = -1

export const INT32_MAX = 0x7fff_ffff
