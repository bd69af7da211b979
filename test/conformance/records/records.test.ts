/** Record batches against Kafka's own code, in both directions. Needs Java and Maven. */
import { beforeAll, describe, expect, test } from 'vitest'
import { type CompressionName, codecByName, compressionNames } from '../../../src/compression/index.ts'
import {
  BatchBuilder,
  buildEndMarker,
  type Data,
  type HeadersInput,
  recordSizeUpperBound,
  stampBatch,
} from '../../../src/records/index.ts'
import { base64, describeRecords } from './describe.ts'
import { type BatchFacts, batchesByKafka, type RecordFacts, readByKafka, type WrittenCase } from './oracle.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
console.log(`record batches: SEED=${seed}`)

describe('what Kafka wrote', () => {
  let cases: WrittenCase[]
  beforeAll(async () => {
    cases = await batchesByKafka(seed)
  })

  test('is read as Kafka reads it, every magic and codec', async () => {
    for (const { name, records, batches } of cases) {
      expect(await describeRecords(Buffer.from(records, 'base64')), name).toEqual(batches)
    }
  })

  test('covers what it should', () => {
    const batches = cases.flatMap((one) => one.batches)
    const kinds = new Set(
      batches.map((batch) => `${batch.magic} ${batch.compression} ${batch.timestampType}`),
    )
    expect(kinds.size, [...kinds].join(', ')).toBe(4 + 4 * 2 + 5 * 2)
    for (const what of ['isTransactional', 'isControl'] as const)
      expect(batches.some((batch) => batch[what])).toBe(true)
    expect(batches.some((batch) => batch.count === 0)).toBe(true)
    expect(batches.some((batch) => batch.records.some((record) => record.headers.length > 63))).toBe(true)
    const left = cases.map(
      ({ records, batches }) =>
        Buffer.from(records, 'base64').length - batches.reduce((sum, batch) => sum + batch.sizeBytes, 0),
    )
    expect(left.filter((bytes) => bytes > 0).length, 'cases that are cut off').toBe(4 + 4 * 2 + 5 * 2)
  })
})

interface Written {
  name: string
  records: Buffer
  expected: RecordFacts[][]
  facts: Partial<BatchFacts>
}

interface Input {
  timestampMs: number
  key: Data
  value: Data
  headers: HeadersInput
}

describe('what we wrote', () => {
  const random = xorshift(seed)
  const written: Written[] = []
  let read: BatchFacts[][]

  beforeAll(async () => {
    for (const compression of compressionNames) {
      written.push(await write(`${compression} mixed`, { compression }, [mixed(200)]))
      written.push(await write(`${compression} one record`, { compression }, [mixed(1)]))
      written.push(await write(`${compression} large`, { compression }, [large()]))
      written.push(await write(`${compression} several`, { compression }, [mixed(3), mixed(70), mixed(1)]))
      for (const transactional of [false, true]) {
        const fields = {
          compression,
          producerId: 2n ** 40n,
          producerEpoch: 7,
          baseSequence: 1000,
          transactional,
        }
        written.push(await write(`${compression} producer ${transactional}`, fields, [mixed(10)]))
      }
    }
    for (const [compression, level] of [
      ['gzip', 1],
      ['gzip', 9],
      ['gzip', -1],
      ['lz4', 17],
      ['zstd', -100],
      ['zstd', 1],
      ['zstd', 22],
    ] as const) {
      written.push(await write(`${compression} level ${level}`, { compression, level }, [mixed(50)]))
    }
    for (const type of ['abort', 'commit'] as const) {
      const records = buildEndMarker({
        type,
        coordinatorEpoch: 3,
        producerId: 5n,
        producerEpoch: 1,
        timestampMs: 1234,
      })
      const key = Buffer.from([0, 0, 0, type === 'commit' ? 1 : 0]).toString('base64')
      const value = Buffer.from([0, 0, 0, 0, 0, 3]).toString('base64')
      written.push({
        name: `control ${type}`,
        records,
        expected: [[{ offset: '0', timestamp: 1234, key, value, headers: [] }]],
        facts: { isControl: true, isTransactional: true, producerId: '5', producerEpoch: 1 },
      })
    }
    written.push(await stamped())
    read = await readByKafka(written.map((one) => one.records))
  })

  test('is read by Kafka as it was meant, every codec', () => {
    for (const [index, { name, expected, facts }] of written.entries()) {
      expect(
        read[index].map((batch) => batch.records),
        name,
      ).toEqual(expected)
      for (const batch of read[index]) expect(batch, name).toMatchObject(facts)
    }
  })

  test('is read by us as Kafka reads it', async () => {
    for (const [index, { name, records }] of written.entries()) {
      expect(await describeRecords(records), name).toEqual(read[index])
    }
  })

  async function write(
    name: string,
    fields: {
      compression: CompressionName
      level?: number
      producerId?: bigint
      producerEpoch?: number
      baseSequence?: number
      transactional?: boolean
    },
    batches: readonly Input[][],
  ): Promise<Written> {
    const pieces: Buffer[] = []
    let baseOffset = 0n
    const expected: RecordFacts[][] = []
    for (const inputs of batches) {
      const size = inputs.reduce(
        (sum, one) => sum + recordSizeUpperBound(one.key, one.value, one.headers),
        100,
      )
      const builder = new BatchBuilder(Buffer.alloc(size, 0xaa))
      for (const { timestampMs, key, value, headers } of inputs) {
        expect(builder.append(timestampMs, key, value, headers)).toBe(true)
      }
      const { level, ...close } = fields
      const compressed =
        fields.compression === 'none'
          ? undefined
          : await codecByName(fields.compression).compress(builder.uncompressedRecords(), level)
      pieces.push(...builder.close({ ...close, compressed, baseOffset }))
      const first = baseOffset
      expected.push(inputs.map((input, index) => recordFacts(input, first + BigInt(index))))
      baseOffset += BigInt(inputs.length)
    }
    return {
      name,
      records: Buffer.concat(pieces),
      expected,
      facts: {
        compression: fields.compression,
        producerId: String(fields.producerId ?? -1n),
        producerEpoch: fields.producerEpoch ?? -1,
        baseSequence: fields.baseSequence ?? -1,
        isTransactional: fields.transactional ?? false,
      },
    }
  }

  /** As our broker puts a batch into its log. */
  async function stamped(): Promise<Written> {
    const one = await write('stamped', { compression: 'zstd' }, [mixed(20)])
    stampBatch(one.records, {
      baseOffset: 2n ** 50n,
      partitionLeaderEpoch: 11,
      logAppendTime: 1_800_000_000_000,
    })
    const expected = one.expected[0].map((record, index) => ({
      ...record,
      offset: (2n ** 50n + BigInt(index)).toString(),
      timestamp: 1_800_000_000_000,
    }))
    const facts = {
      timestampType: 'LogAppendTime',
      leaderEpoch: 11,
      maxTimestamp: 1_800_000_000_000,
    } as const
    return { ...one, expected: [expected], facts }
  }

  function mixed(count: number): Input[] {
    return Array.from({ length: count }, () => ({
      timestampMs: 1_700_000_000_000 + below(10_000) - 5000,
      key: data(60),
      value: data(400),
      headers: headers(),
    }))
  }

  function large(): Input[] {
    return [
      { timestampMs: 0, key: null, value: 'kafka '.repeat(50_000), headers: null },
      { timestampMs: 2 ** 45, key: noise(40_000), value: Buffer.alloc(300_000), headers: null },
      { timestampMs: 1, key: 'é'.repeat(5000), value: noise(100_000), headers: { big: 'ø'.repeat(9000) } },
    ]
  }

  function below(limit: number): number {
    return Math.floor(random() * limit)
  }

  function data(limit: number): Data {
    const kind = below(5)
    if (kind === 0) return null
    if (kind === 1) return noise(below(limit))
    const letters = kind === 2 ? 'abcdefgh' : kind === 3 ? 'aé' : 'aé漢🚀'
    const characters = [...letters]
    return Array.from({ length: below(limit) }, () => characters[below(characters.length)]).join('')
  }

  function headers(): HeadersInput {
    const kind = below(4)
    if (kind === 0) return null
    const names = ['', 'trace', 'hé', '漢字', 'n'.repeat(70)]
    const pairs = Array.from({ length: kind === 1 ? below(90) : below(4) }, (): [string, Data] => [
      names[below(names.length)],
      data(70),
    ])
    if (kind < 3) return pairs
    const byName: Record<string, Data | Data[]> = {}
    for (const [name, value] of pairs) {
      const before = byName[name]
      byName[name] =
        before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
    }
    return byName
  }

  function noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => below(256)))
  }
})

function recordFacts({ timestampMs, key, value, headers }: Input, offset: bigint): RecordFacts {
  const pairs = Array.isArray(headers)
    ? (headers as [string, Data][])
    : Object.entries(headers ?? {}).flatMap(([name, values]) =>
        (Array.isArray(values) ? values : [values]).map((one): [string, Data] => [name, one]),
      )
  return {
    offset: offset.toString(),
    timestamp: timestampMs,
    key: base64(key),
    value: base64(value),
    headers: pairs.map(([name, value]) => [base64(name)!, base64(value)]),
  }
}

/** Numbers in [0, 1) from a seed. */
function xorshift(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
