export { type Codec, type CompressionName, compressionNames, type Offload } from './codec.ts'
export { codecById, codecByName } from './codecs.ts'
export { checkCompressionLevel, compressionLevels, type LevelRange } from './levels.ts'
export { withStandardHeaderChecksum } from './lz4-legacy-header.ts'
