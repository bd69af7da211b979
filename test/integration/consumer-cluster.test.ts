import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConsumerOptions, Kafka } from '../../src/index.ts'
import { FindCoordinator } from '../../src/protocol/messages/find-coordinator.ts'
import { eventually, Fixture, numbers, textOf } from '../consumer/fixture.ts'
import { type KafkaCluster, startKafka } from '../harness/kafka/index.ts'

let kafka: KafkaCluster
let fixture: Fixture

beforeAll(async () => {
  kafka = await startKafka({ brokers: 3 })
  fixture = new Fixture(kafka.bootstrap)
})

afterAll(async () => {
  await fixture?.close()
  await kafka?.close()
})

/** Reads everything that comes, until it is stopped. */
function reader(client: Kafka, options: ConsumerOptions) {
  const values: string[] = []
  const consumer = client.consumer(options)
  const done = (async () => {
    for await (const record of consumer) values.push(textOf(record))
  })()
  done.catch(() => {})
  const stop = async () => {
    await consumer.close()
    await done
  }
  return { values, consumer, stop }
}

describe('a consumer and three brokers', () => {
  it('goes on when the broker dies that leads partitions and coordinates the group', async () => {
    const topic = await fixture.createTopic(6, { 'min.insync.replicas': '2' }, 3)
    const groupId = fixture.name('group')
    const direct = reader(fixture.kafka, { topics: [topic] })
    const member = reader(fixture.kafka, {
      groupId,
      topics: [topic],
      heartbeatIntervalMs: 200,
      autoCommitIntervalMs: 100,
    })
    const all: string[] = []
    const produce = async (round: number) => {
      for (let partition = 0; partition < 6; partition++) {
        const values = numbers(0, 50).map((value) => `${partition}:${round}:${value}`)
        await fixture.fill(topic, partition, values)
        all.push(...values)
      }
    }
    const complete = () =>
      eventually(
        () => [direct, member].every(({ values }) => new Set(values).size === all.length),
        'every record',
        { timeoutMs: 60_000 },
      )
    await produce(0)
    await complete()
    const { nodeId } = await fixture.kafka.request(
      { anyBroker: true },
      FindCoordinator,
      { keyType: 0, key: groupId },
      { version: 3 }, // the last with a single key; Kafka 2.8 knows no later one
    )
    const victim = kafka.brokers.find(({ id }) => id === nodeId)!
    await victim.kill()
    await produce(1)
    await complete()
    await victim.start()
    await produce(2)
    await complete()
    expect(direct.values).toHaveLength(all.length) // no group, so nothing is repeated
    await Promise.all([direct.stop(), member.stop()])
  })

  it('follows leaders that move in an orderly way without a repetition', async () => {
    const topic = await fixture.createTopic(3, {}, 3)
    const direct = reader(fixture.kafka, { topics: [topic] })
    let round = 0
    const produce = async () => {
      for (let partition = 0; partition < 3; partition++)
        await fixture.fill(topic, partition, [`${partition}:${round}`])
      round += 1
    }
    await produce()
    await kafka.brokers[0].stop()
    await produce()
    await kafka.brokers[0].start()
    await produce()
    await eventually(() => direct.values.length === 9, 'every record')
    expect(new Set(direct.values).size).toBe(9)
    await direct.stop()
  })
})
