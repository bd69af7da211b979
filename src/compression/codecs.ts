import { CompressionError, ConfigurationError } from '../errors.ts'
import { type Codec, type CompressionName, compressionNames } from './codec.ts'
import { gzip } from './gzip.ts'
import { lz4Codec } from './lz4.ts'
import { none } from './none.ts'
import { snappyCodec } from './snappy.ts'
import { zstdCodec } from './zstd.ts'

/** By number. The packages behind them are loaded when a codec is first used. */
const codecs: readonly Codec[] = [none, gzip, snappyCodec(), lz4Codec(), zstdCodec()]

/** @throws ConfigurationError for a name that is not Kafka's */
export function codecByName(name: CompressionName): Codec {
  const codec = codecs.find((candidate) => candidate.name === name)
  if (codec !== undefined) return codec
  throw new ConfigurationError(
    `there is no compression ${String(name)}: take one of ${compressionNames.join(', ')}`,
  )
}

/**
 * @param id the lowest three bits of a batch's attributes
 * @throws CompressionError for a number that no codec has
 */
export function codecById(id: number): Codec {
  const codec = codecs[id]
  if (codec !== undefined) return codec
  throw new CompressionError(
    `compression ${id} is unknown: this client reads ${compressionNames.join(', ')}`,
    {
      context: { compressionId: id },
    },
  )
}
