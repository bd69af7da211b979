import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { startBroker } from '../../src/testing/index.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** One life of a cluster: records go in and come out, a member joins and leaves. */
async function cycle(): Promise<void> {
  await using broker = await startBroker({ brokers: 2, topics: { t: 2 } })
  const kafka = broker.kafka()
  await using producer = kafka.producer()
  await producer.send({ topic: 't', value: 'x'.repeat(1000) })
  await using consumer = kafka.consumer({ groupId: 'g', topics: ['t'], autoOffsetReset: 'earliest' })
  for await (const record of consumer) if (record.value !== null) break
}

async function heapAfter(cycles: number): Promise<number> {
  for (let count = 0; count < cycles; count++) await cycle()
  // Sockets are closed some turns of the event loop later.
  await new Promise((resolve) => setTimeout(resolve, 50))
  collectGarbage()
  return process.memoryUsage().heapUsed
}

function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name))
}

test('100 lives leave no handle and no memory behind', async () => {
  // Until then the engine still compiles what it has not met yet.
  await heapAfter(60)
  const handles = openHandles()
  const before = await heapAfter(0)
  const after = await heapAfter(100)
  expect(openHandles()).toEqual(handles)
  // A life that leaves its smallest segment behind, 16 KiB, would leave 1.6 MB.
  expect((after - before) / 100).toBeLessThan(10_000)
})
