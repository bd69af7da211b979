import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drain, eventually, Fixture, numbers, textOf } from '../consumer/fixture.ts'
import { useKafka } from '../harness/use-kafka.ts'

let fixture: Fixture

beforeAll(() => {
  fixture = new Fixture(useKafka().bootstrap)
})

afterAll(() => fixture.close())

describe('a compacted log', () => {
  it('is read over its gaps, to its end', async () => {
    const topic = await fixture.createTopic(1, {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'max.compaction.lag.ms': '100',
      'min.compaction.lag.ms': '0',
    })
    const rounds = 5
    for (let round = 0; round < rounds; round++) {
      await fixture.fill(
        topic,
        0,
        numbers(0, 100).map((value) => `${round}:${value}`),
        // Segments roll by the records' own time, so these have to be old.
        { key: (index) => `${index}`, timestampMs: Date.now() - 1_000_000 },
      )
    }
    const read = () => drain(fixture.kafka.read(topic, { until: 'end' }))
    let values: string[] = []
    await eventually(
      async () => {
        // Rolls the segment, and dirties it, so that the cleaner comes.
        await fixture.fill(topic, 0, ['last'], { key: () => 'last' })
        values = await read()
        return values.length < rounds * 100
      },
      'the cleaner',
      { timeoutMs: 90_000, everyMs: 500 }, // each look rolls a segment
    )
    const latest = new Set(numbers(0, 100).map((value) => `${rounds - 1}:${value}`))
    expect(values.filter((value) => latest.has(value))).toHaveLength(100)
    await using consumer = fixture.kafka.consumer({ topics: [topic] })
    const offsets: bigint[] = []
    for await (const record of consumer) {
      offsets.push(record.offset)
      if (textOf(record) === `${rounds - 1}:99`) break
    }
    expect(offsets.every((offset, index) => index === 0 || offset > offsets[index - 1])).toBe(true)
  })
})
