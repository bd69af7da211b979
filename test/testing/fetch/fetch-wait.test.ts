import { beforeEach, expect, test } from 'vitest'
import { FetchWait } from '../../../src/testing/fetch/fetch-wait.ts'
import type { PartitionRead } from '../../../src/testing/fetch/read-partitions.ts'
import { StorageBudget } from '../../../src/testing/log/storage-budget.ts'
import { Replica } from '../../../src/testing/replication/replica.ts'
import { BrokerConfigs } from '../../../src/testing/state/broker-configs.ts'
import type { Partition } from '../../../src/testing/state/partition.ts'
import { firstRegistration } from '../../../src/testing/state/registration.ts'
import { Topics } from '../../../src/testing/state/topics.ts'
import { batch } from '../support/batches.ts'
import { SeededWorld } from '../support/seeded-world.ts'

let world: SeededWorld
let partitions: Partition[]
let bytes: Buffer

beforeEach(async () => {
  world = new SeededWorld()
  const registrations = [firstRegistration([1]), firstRegistration([1])]
  const topics = new Topics(new BrokerConfigs())
  partitions = topics.put({ name: 't', id: 'id', configs: new Map(), partitions: registrations })
  for (const partition of partitions) {
    partition.replica = new Replica(new StorageBudget(1e6))
    partition.replica.lead(0, [], 0)
  }
  bytes = await batch(['x'.repeat(39)])
  expect(bytes.length).toBe(107)
  for (const partition of partitions) append(partition)
})

function append(partition: Partition): void {
  partition.log.reserve(bytes.length)
  partition.log.append({ bytes, recordCount: 1, maxTimestamp: 0, producer: null, isTransactional: false }, 0)
  partition.replica!.highWatermark = partition.log.endOffset
  partition.notify()
}

/** A wait at the end of both partitions. */
function waiting(minBytes: number, maxBytes = 1000, maxWaitMs = 500): { ended: boolean; wait: FetchWait } {
  const reads = partitions.map(
    (partition) => ({ partition, wanted: { fetchOffset: 1, maxBytes } }) as PartitionRead,
  )
  const state = { ended: false, wait: new FetchWait(reads, 'uncommitted', minBytes, maxWaitMs, world.timers) }
  state.wait.finished.then(() => {
    state.ended = true
  })
  return state
}

test('ends with the very byte that makes it enough', async () => {
  const [enough, more] = [waiting(214), waiting(215)]
  append(partitions[0])
  await world.advance(0)
  expect(enough.ended).toBe(false)
  append(partitions[1])
  await world.advance(0)
  expect(enough.ended).toBe(true)
  expect(more.ended).toBe(false)
})

test('counts no more of a partition than it would be given', async () => {
  const state = waiting(250, 110)
  for (let count = 0; count < 5; count++) append(partitions[0])
  await world.advance(0)
  expect(state.ended).toBe(false)
})

test('ends when its time is up, and leaves nothing behind', async () => {
  const state = waiting(1)
  await world.advance(499)
  expect(state.ended).toBe(false)
  await world.advance(1)
  expect(state.ended).toBe(true)
  expect(world.waitingTimers).toBe(0)
  state.wait.end()
})

test('ends when a partition has another leader or none', async () => {
  const [moved, deleted] = [waiting(1), waiting(1)]
  partitions[0].registration = { ...partitions[0].registration, leaderEpoch: 1 }
  await world.advance(0)
  expect(moved.ended).toBe(true)
  const later = waiting(1)
  partitions[1].discard()
  await world.advance(0)
  expect(deleted.ended).toBe(true)
  expect(later.ended).toBe(true)
})
