import { afterEach, beforeEach, expect, test } from 'vitest'
import { DescribeGroups, Metadata } from '../../src/protocol/messages/index.ts'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { SeededWorld } from './support/seeded-world.ts'

let world: SeededWorld
let broker: Broker

beforeEach(async () => {
  world = new SeededWorld()
  broker = await startBroker({ runtime: world, topics: { orders: 3 } })
})

afterEach(() => inWorld(broker.close()))

/** Lets virtual time pass until the promise is settled. */
async function inWorld<T>(promise: Promise<T>): Promise<T> {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  for (let ms = 0; !settled; ms += 10) {
    if (ms > 600_000) throw new Error('ten virtual minutes were not enough')
    await world.advance(10)
  }
  return promise
}

test('broker and clients live in memory and on virtual time', async () => {
  const kafka = broker.kafka({ clientId: 'test' })
  const producer = kafka.producer()
  const results = producer.sendBatch(
    Array.from({ length: 30 }, (_, index) => ({ topic: 'orders', key: `${index}`, value: `${index}` })),
  )
  expect(await inWorld(results)).toHaveLength(30)
  const read: string[] = []
  const reading = (async () => {
    for await (const record of kafka.read('orders', { from: 'earliest', until: 'end' })) {
      read.push(record.value!.toString())
    }
  })()
  await inWorld(reading)
  expect(read.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index))
  expect(world.net.dialed.length).toBeGreaterThan(0)
})

test('a consumer joins a group and leaves it', async () => {
  const kafka = broker.kafka()
  const consumer = kafka.consumer({ groupId: 'group', topics: ['orders'] })
  const next = consumer[Symbol.asyncIterator]().next()
  next.catch(() => {})
  const describe = async () => {
    const answer = await inWorld(kafka.request({ anyBroker: true }, DescribeGroups, { groups: ['group'] }))
    return answer.groups[0]
  }
  let group = await describe()
  while (group.groupState !== 'Stable') group = await describe()
  expect(group.members).toHaveLength(1)
  await inWorld(consumer.close())
  expect((await describe()).groupState).toBe('Empty')
})

test('after closing nothing waits', async () => {
  const kafka = broker.kafka()
  await inWorld(kafka.request({ anyBroker: true }, Metadata, { topics: null }))
  await inWorld(broker.close())
  expect(world.waitingTimers).toBe(0)
})
