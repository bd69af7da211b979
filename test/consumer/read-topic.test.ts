import { describe, expect, it } from 'vitest'
import { readTopic } from '../../src/consumer/index.ts'
import { ScriptedCluster } from '../cluster/support/scripted-cluster.ts'
import { ScriptedLogs } from './scripted-logs.ts'
import { batchOf } from './support.ts'

async function setUp() {
  const kafka = await ScriptedCluster.start(1)
  kafka.topic('t', { leaders: [1] })
  const logs = new ScriptedLogs(kafka)
  logs.append('t-0', batchOf(0, 3))
  let borrowed = 0
  let givenBack = 0
  const borrow = () => {
    borrowed += 1
    const cluster = kafka.client()
    const giveBack = async () => {
      givenBack += 1
      await cluster.close()
    }
    return { cluster, giveBack }
  }
  const loans = () => [borrowed, givenBack]
  const expectNothingLeft = async () => {
    await kafka.world.advance(2_000)
    expect(kafka.world.waitingTimers).toBe(0)
    expect(loans()).toEqual([1, 1])
  }
  return { kafka, logs, borrow, loans, expectNothingLeft }
}

describe('reading a topic', () => {
  it('opens nothing before the first record is asked for', async () => {
    const { borrow, loans } = await setUp()
    const reading = readTopic(borrow, 't')
    expect(loans()).toEqual([0, 0])
    await reading.return()
    expect((await reading.next()).done).toBe(true)
    expect(loans()).toEqual([0, 0])
  })

  it('closes everything when the loop is left', async () => {
    const { kafka, borrow, expectNothingLeft } = await setUp()
    const read = async () => {
      for await (const record of readTopic(borrow, 't', { from: { offset: 1n } })) return record.offset
      return undefined
    }
    expect(await kafka.run(read())).toBe(1n)
    await expectNothingLeft()
  })

  it('closes everything when it has come to its end', async () => {
    const { kafka, borrow, expectNothingLeft } = await setUp()
    const offsets: bigint[] = []
    const read = async () => {
      for await (const record of readTopic(borrow, 't', { until: 'end' })) offsets.push(record.offset)
    }
    await kafka.run(read())
    expect(offsets).toEqual([0n, 1n, 2n])
    await expectNothingLeft()
  })

  it('closes everything when it throws', async () => {
    const { kafka, logs, borrow, expectNothingLeft } = await setUp()
    const damaged = batchOf(0, 1)
    damaged[damaged.length - 1] ^= 1
    logs.answer('t-0', { records: damaged }, { records: damaged })
    expect(await kafka.failure(readTopic(borrow, 't').next())).toMatchObject({ code: 'CORRUPT_RECORDS' })
    await expectNothingLeft()
  })

  it('gives the cluster back when its options are wrong', async () => {
    const { kafka, borrow, loans } = await setUp()
    const reading = readTopic(borrow, 't', { maxWaitMs: -1 })
    expect(await kafka.failure(reading.next())).toMatchObject({ code: 'CONFIGURATION' })
    expect((await reading.next()).done).toBe(true)
    expect(loans()).toEqual([1, 1])
  })
})
