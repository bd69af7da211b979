/** The serdes against Java's of the pinned release, on values that are new in every run. Needs a JDK and Maven. */
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { bytes, double, int32, int64, nothing, type SyncSerde, string, uuid } from '../../../src/index.ts'
import { serializeField } from '../../../src/serde/index.ts'
import { projectRoot } from '../../../tools/project-root.ts'
import { runOrFail } from '../../harness/run.ts'
import { kafkaClientsClasspath } from '../kafka-clients.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
console.log(`serdes: SEED=${seed}`)

const base64 = (data: Uint8Array) => `=${Buffer.from(data).toString('base64')}`
const fromBase64 = (text: string) => Buffer.from(text.slice(1), 'base64')

function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16)
}

interface Kind {
  name: string
  serde: SyncSerde<never, unknown>
  values: fc.Arbitrary<unknown>
  edges: unknown[]
  /** The value as SerdeOracle.java knows it. */
  print: (value: never) => string
}

const kinds: Kind[] = [
  {
    name: 'string',
    serde: string,
    // Any UTF-16 at all, halves of surrogate pairs included.
    values: fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc.array(fc.integer({ min: 0xd700, max: 0xe0ff })).map((units) => String.fromCharCode(...units)),
    ),
    edges: ['', 'a', 'größe', '日本語 😀', '\ufeff', '\0', '\ud800', '\udc00\ud800', 'x'.repeat(100_000)],
    print: (value: string) => base64(Buffer.from(value, 'utf16le')),
  },
  { name: 'bytes', serde: bytes, values: fc.uint8Array(), edges: [new Uint8Array()], print: base64 },
  {
    name: 'int32',
    serde: int32,
    values: fc.integer(),
    edges: [0, -0, 1, -1, 2 ** 31 - 1, -(2 ** 31)],
    print: (value: number) => String(value),
  },
  {
    name: 'int64',
    serde: int64,
    values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    edges: [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)],
    print: (value: bigint) => String(value),
  },
  {
    name: 'double',
    serde: double,
    values: fc.double(),
    edges: [0, -0, Number.NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE, 0.1, Math.PI],
    print: bitsOf,
  },
  {
    name: 'uuid',
    serde: uuid,
    values: fc.uuid(),
    edges: ['00000000-0000-0000-0000-000000000000', 'F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6'],
    print: (value: string) => value,
  },
  { name: 'nothing', serde: nothing, values: fc.constant(null), edges: [], print: String },
]

interface Case {
  value: unknown
  printed: string
  /** What we write, and null where we write nothing. */
  ours: Buffer | null
  javaWrote: Buffer | null
  /** What Java reads in what we wrote. */
  javaRead: string
}

/** The bytes that the producer writes for a value. */
function written(serde: SyncSerde<never, unknown>, value: unknown): Buffer | null {
  const data = serializeField(serde, value as never, { topic: 't', field: 'value' })
  return data === null ? null : Buffer.from(data as string)
}

async function ask(): Promise<Map<string, Case[]>> {
  const cases = kinds.flatMap(({ name, serde, values, edges, print }) =>
    [null, ...edges, ...fc.sample(values, { numRuns: 500, seed })].map((value) => {
      const printed = value === null ? 'null' : print(value as never)
      return { name, value, printed, ours: written(serde, value) }
    }),
  )
  const stdin = cases.map(
    ({ name, printed, ours }) => `${name} ${printed} ${ours === null ? 'null' : base64(ours)}\n`,
  )
  const source = join(projectRoot(), 'test/conformance/serde/SerdeOracle.java')
  const args = ['-cp', await kafkaClientsClasspath(), source]
  const { stdout } = await runOrFail('java', args, { stdin: stdin.join('') })
  const answers = stdout.trimEnd().split('\n')
  expect(answers).toHaveLength(cases.length)
  const byName = new Map<string, Case[]>(kinds.map(({ name }) => [name, []]))
  cases.forEach(({ name, ...rest }, index) => {
    const [javaBytes, javaRead] = answers[index].split(' ')
    byName
      .get(name)!
      .push({ ...rest, javaWrote: javaBytes === 'null' ? null : fromBase64(javaBytes), javaRead })
  })
  return byName
}

describe("the serdes and Java's", () => {
  let answers: Map<string, Case[]>
  beforeAll(async () => {
    answers = await ask()
  })

  test.each(kinds)(
    '$name: both write the same bytes, and each reads them as the other',
    ({ name, serde, print }) => {
      const cases = answers.get(name)!
      expect(cases.length).toBeGreaterThan(500)
      for (const { value, printed, ours, javaWrote, javaRead } of cases) {
        expect(ours, printed).toEqual(javaWrote)
        if (javaWrote === null) {
          expect([value, javaRead]).toEqual([null, 'null'])
          continue
        }
        const read = serde.deserialize(javaWrote, 0, javaWrote.length)
        expect(print(read as never), printed).toBe(javaRead)
      }
    },
  )

  test('halves of surrogate pairs come up', () => {
    const halves = answers
      .get('string')!
      .filter(({ value }) => !((value as string | null)?.isWellFormed() ?? true))
    expect(halves.length).toBeGreaterThan(50)
  })
})
