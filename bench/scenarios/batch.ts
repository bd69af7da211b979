import {
  BATCH_OVERHEAD_BYTES,
  BatchBuilder,
  bytesSource,
  readBatches,
  text,
} from '../../src/records/index.ts'
import { values } from '../records.ts'
import type { BenchCase, Runner, Scenario, Settings } from '../scenario.ts'

const valueBytes = 100
const batchSizeBytes = 1_000_000
const timestampMs = 1_700_000_000_000

/** Encodes strings into one buffer, batch after batch, each closed with its header and CRC-32C. */
async function encode(settings: Settings): Promise<Runner> {
  const payload = values(settings.records, valueBytes)
  const builder = new BatchBuilder(Buffer.allocUnsafeSlow(batchSizeBytes))
  return {
    async run() {
      let encoded = 0
      const close = () => {
        encoded += builder.count
        builder.close()
        builder.reset()
      }
      for (let i = 0; i < payload.length; i++) {
        if (builder.append(timestampMs + (i & 1023), null, payload[i], null)) continue
        close()
        i -= 1
      }
      close()
      expectTotal('encoded records', encoded, settings.records)
    },
  }
}

/** Batches of the same values in a row, as a Fetch response holds them. */
function encodedLog(settings: Settings): Buffer {
  const batches: Buffer[] = []
  const builder = new BatchBuilder(Buffer.allocUnsafeSlow(batchSizeBytes))
  let baseOffset = 0
  const close = () => {
    batches.push(...builder.close({ baseOffset: BigInt(baseOffset) }).map((piece) => Buffer.from(piece)))
    baseOffset += builder.count
    builder.reset()
  }
  for (const value of values(settings.records, valueBytes)) {
    if (builder.append(timestampMs, null, value, null)) continue
    close()
    builder.append(timestampMs, null, value, null)
  }
  if (builder.sizeBytes > BATCH_OVERHEAD_BYTES) close()
  return Buffer.concat(batches)
}

/** Every record visited: offsets and the lengths of values go into totals that are checked. */
async function visit(settings: Settings): Promise<Runner> {
  const log = encodedLog(settings)
  const source = bytesSource('bench', 0)
  return {
    async run() {
      let offsets = 0
      let lengths = 0
      for (const batch of readBatches(log, source)) {
        const cursor = batch.cursor()
        const base = Number(batch.baseOffset)
        while (cursor.next()) {
          offsets += base + cursor.offsetDelta
          lengths += cursor.valueEnd - cursor.valueStart
        }
      }
      expectTotal('offsets', offsets, (settings.records * (settings.records - 1)) / 2)
      expectTotal('value bytes', lengths, settings.records * valueBytes)
    },
  }
}

/** Every value read as a string, as `record.value` gives it. */
async function readStrings(settings: Settings): Promise<Runner> {
  const log = encodedLog(settings)
  const source = { ...bytesSource('bench', 0), valueDeserializer: text }
  return {
    async run() {
      let characters = 0
      for (const batch of readBatches(log, source)) {
        for (const record of batch) characters += record.value!.length
      }
      expectTotal('characters', characters, settings.records * valueBytes)
    },
  }
}

function expectTotal(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what}: ${found} in place of ${expected}`)
}

const cases: readonly BenchCase[] = [
  { name: 'encode from strings', bytesPerRecord: valueBytes, clients: { odradek: encode } },
  { name: 'decode, every record visited', bytesPerRecord: valueBytes, clients: { odradek: visit } },
  { name: 'decode, every value as a string', bytesPerRecord: valueBytes, clients: { odradek: readStrings } },
]

/** Values of 100 bytes, no key, in batches of up to 1 MB; CRC-32C written and checked. */
export const batch: Scenario = { name: 'batch', needsBroker: false, defaultRecords: 2_000_000, cases }
