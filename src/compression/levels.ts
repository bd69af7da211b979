import { ConfigurationError } from '../errors.ts'
import type { CompressionName } from './codec.ts'

export interface LevelRange {
  lowest: number
  highest: number
  /** A value outside the range that means the codec's own default. */
  standard?: number
}

/**
 * The levels of KIP-390, by codec. lz4's are taken so that a configuration can be carried over, and change
 * nothing: `lz4-napi` has the fast compressor only, which is what Kafka's own default level uses too.
 */
export const compressionLevels: Readonly<Partial<Record<CompressionName, LevelRange>>> = {
  gzip: { lowest: 1, highest: 9, standard: -1 },
  lz4: { lowest: 1, highest: 17 },
  zstd: { lowest: -131_072, highest: 22 },
}

/** @throws ConfigurationError naming the codec and its range */
export function checkCompressionLevel(name: CompressionName, level: number | undefined): void {
  if (level === undefined) return
  const range = compressionLevels[name]
  if (range === undefined) {
    throw new ConfigurationError(`${name} has no compression levels: leave the level out`, {
      context: { codec: name, level },
    })
  }
  const { lowest, highest, standard } = range
  if (level === standard || (Number.isInteger(level) && level >= lowest && level <= highest)) return
  const also = standard === undefined ? '' : `, or ${standard} for its default`
  throw new ConfigurationError(
    `${name} takes whole levels from ${lowest} to ${highest}${also}, not ${String(level)}`,
    { context: { codec: name, level } },
  )
}
