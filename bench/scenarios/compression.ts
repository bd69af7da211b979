import { type CompressionName, codecByName } from '../../src/compression/index.ts'
import { nodeRuntime } from '../../src/runtime/node.ts'
import type { BenchCase, Runner, Scenario, Settings } from '../scenario.ts'

const recordBytes = 256
const codecs: readonly CompressionName[] = ['gzip', 'snappy', 'lz4', 'zstd']
const sections = [16 * 1024, 1024 * 1024]
const { offload } = nodeRuntime()

/** Orders as JSON, so much of it as fills a section: text that repeats itself as records do. */
function jsonSection(bytes: number): Buffer {
  let text = ''
  for (let i = 0; text.length < bytes; i++) {
    text += JSON.stringify({
      order: i * 7919,
      customer: `customer-${(i * 31) % 997}`,
      cents: (i * 104_729) % 100_000,
      open: i % 3 === 0,
    })
  }
  return Buffer.from(text.slice(0, bytes))
}

function sectionsOf(settings: Settings, bytes: number): number {
  return Math.max(1, Math.floor((settings.records * recordBytes) / bytes))
}

function compressing(name: CompressionName, bytes: number) {
  return async (settings: Settings): Promise<Runner> => {
    const codec = codecByName(name)
    const section = jsonSection(bytes)
    return {
      async run() {
        for (let i = sectionsOf(settings, bytes); i > 0; i--)
          await codec.compress(section, undefined, offload)
      },
    }
  }
}

function decompressing(name: CompressionName, bytes: number) {
  return async (settings: Settings): Promise<Runner> => {
    const codec = codecByName(name)
    const compressed = await codec.compress(jsonSection(bytes))
    return {
      async run() {
        for (let i = sectionsOf(settings, bytes); i > 0; i--) {
          const section = await codec.decompress(compressed, bytes, offload)
          if (section.length !== bytes) throw new Error(`${name} gave ${section.length} bytes of ${bytes}`)
        }
      },
    }
  }
}

function caseOf(
  action: string,
  name: CompressionName,
  bytes: number,
  client: BenchCase['clients'][string],
): BenchCase {
  return {
    name: `${action} ${name}, ${bytes / 1024} KiB`,
    bytesPerRecord: recordBytes,
    records: (settings) => (sectionsOf(settings, bytes) * bytes) / recordBytes,
    clients: { odradek: client },
  }
}

const cases = codecs.flatMap((name) =>
  sections.flatMap((bytes) => [
    caseOf('compress', name, bytes, compressing(name, bytes)),
    caseOf('decompress', name, bytes, decompressing(name, bytes)),
  ]),
)

/** JSON, counted as records of 256 bytes, a section at a time, as the producer and the consumer ask for it. */
export const compression: Scenario = {
  name: 'compression',
  needsBroker: false,
  defaultRecords: 200_000,
  cases,
}
