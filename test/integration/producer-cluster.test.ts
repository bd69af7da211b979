import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Kafka, type ProducerOptions } from '../../src/index.ts'
import { type KafkaCluster, startKafka } from '../harness/kafka/index.ts'
import { judge, Load, type Verdict } from '../producer/load.ts'
import { contents } from '../producer/sending.ts'

const partitions = 6
const perSecond = 5_000

let cluster: KafkaCluster
let kafka: Kafka
let topics = 0

beforeAll(async () => {
  cluster = await startKafka({ brokers: 3 })
  kafka = new Kafka({ brokers: cluster.bootstrap, clientId: 'test' })
})

afterAll(async () => {
  await kafka?.close()
  await cluster?.close()
})

/** Sends all the while that `trouble` is made, and a while longer; then compares the topic with what was acknowledged. */
async function during(trouble: (load: Load, topic: string) => Promise<void>, options: ProducerOptions = {}) {
  const topic = `trouble-${topics++}`
  await cluster.createTopic(topic, {
    partitions,
    replicationFactor: 3,
    configs: { 'min.insync.replicas': '2' },
  })
  const producer = kafka.producer({ acks: 'all', ...options })
  const load = new Load(producer, topic, partitions, perSecond)
  await load.progress(perSecond)
  await trouble(load, topic)
  await load.progress(perSecond)
  await load.stop()
  await producer.close()
  return { load, ...(await verdict(topic, load)) }
}

/** A broker that slept may take itself for a leader for a while yet, and name an old end of the log to those who ask it. */
async function verdict(topic: string, load: Load): Promise<Verdict> {
  const giveUpAt = performance.now() + 30_000
  for (;;) {
    const values = new Map<string, string>()
    for (const [at, record] of await contents(kafka, topic)) values.set(at, record.value!.toString())
    const found = judge(values, load.acknowledged)
    if (found.lost.length === 0 || performance.now() > giveUpAt) return found
    await sleep(500)
  }
}

describe('a producer and three brokers', () => {
  it('writes everything once and in order while a leader is killed and comes back', async () => {
    const { lost, duplicated, swapped, load } = await during(async (each) => {
      const victim = cluster.brokers[0]
      await victim.kill()
      await each.progress(perSecond)
      await victim.start()
    })
    expect(load.failed).toEqual([])
    expect({ lost, duplicated, swapped }).toEqual({ lost: [], duplicated: 0, swapped: 0 })
    expect(load.acknowledged).toHaveLength(load.sent)
  })

  it('writes everything once and in order while all brokers are restarted, one after the other', async () => {
    const { lost, duplicated, swapped, load } = await during(async () => {
      for (const broker of cluster.brokers) {
        await broker.stop()
        await broker.start()
      }
    })
    expect(load.failed).toEqual([])
    expect({ lost, duplicated, swapped }).toEqual({ lost: [], duplicated: 0, swapped: 0 })
  })

  it('loses nothing without idempotence either, when a leader is killed and comes back', async () => {
    const { lost, load } = await during(
      async (each) => {
        const victim = cluster.brokers[0]
        await victim.kill()
        await each.progress(perSecond)
        await victim.start()
      },
      { idempotent: false },
    )
    expect(load.failed).toEqual([])
    expect(lost).toEqual([])
  })

  it('keeps the order without idempotence, too, with one request in flight', async () => {
    const { lost, swapped, load } = await during(
      async (each) => {
        const victim = cluster.brokers[1]
        await victim.kill()
        await each.progress(perSecond)
        await victim.start()
      },
      { idempotent: false, maxInFlightRequests: 1 },
    )
    expect(load.failed).toEqual([])
    expect([lost, swapped]).toEqual([[], 0])
  })

  it('writes everything once when a broker does not answer for longer than requestTimeoutMs', async () => {
    const { lost, duplicated, swapped, load } = await during(
      async (each) => {
        const sleeper = cluster.brokers[2]
        await sleeper.pause()
        // The other leaders go on; the records of this one are sent again when it wakes or is replaced.
        await Promise.all([each.progress(perSecond), sleep(3_000)])
        await sleeper.resume()
      },
      { requestTimeoutMs: 2_000 },
    )
    expect(load.failed).toEqual([])
    expect({ lost, duplicated, swapped }).toEqual({ lost: [], duplicated: 0, swapped: 0 })
  })

  it('fails records in time when no leader comes back, and says why', async () => {
    const topic = `alone-${topics++}`
    await cluster.createTopic(topic, {
      partitions: 3,
      replicationFactor: 1,
      configs: { 'min.insync.replicas': '1' }, // older brokers hold a topic of one replica to their own setting, which is 2
    })
    const producer = kafka.producer({ deliveryTimeoutMs: 3_000 })
    const placed = await Promise.all(
      [0, 1, 2].map((partition) => producer.send({ topic, partition, value: 'a' })),
    )
    expect(placed).toHaveLength(3)
    const victim = await cluster.leaderOf(topic, 2)
    await victim.kill()
    const outcomes = await Promise.allSettled(
      [0, 1, 2].map((partition) => producer.send({ topic, partition, value: 'b' })),
    )
    await victim.start()
    await producer.close()
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason)
    expect(failed.length).toBeGreaterThan(0)
    for (const error of failed) {
      expect(error).toMatchObject({ code: 'TIMEOUT', retriable: true, context: { topic } })
      expect(error.message).toMatch(/^send to alone-\d+\[\d\] failed after 3(\.\d)? s and \d+ attempts?: /)
    }
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true)
  })
})
