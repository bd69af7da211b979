import { expect, it } from 'vitest'
import type { Cluster } from '../../../src/cluster/index.ts'
import { GroupCoordinator } from '../../../src/consumer/group/group-coordinator.ts'
import { Heartbeat } from '../../../src/protocol/messages/heartbeat.ts'

/** A cluster whose coordinator takes so long to be found. */
function setUp(findMs: number) {
  let nowMs = 1_000
  const timeouts: (number | undefined)[] = []
  const cluster = {
    runtime: { clock: { now: () => nowMs, monotonicMs: () => nowMs } },
    lane: () => ({
      send: async (_: number, __: unknown, ___: unknown, options: { timeoutMs?: number }) => {
        timeouts.push(options.timeoutMs)
        return {}
      },
    }),
    coordinator: async () => {
      nowMs += findMs
      return 1
    },
  } as unknown as Cluster
  return { coordinator: new GroupCoordinator(cluster, 'g'), timeouts }
}

it('leaves to a request what finding the coordinator left of its time', async () => {
  const { coordinator, timeouts } = setUp(3_500)
  await coordinator.send(Heartbeat, {}, { timeoutMs: 5_000 })
  await coordinator.send(Heartbeat, {}, { timeoutMs: 2_000 })
  await coordinator.send(Heartbeat, {})
  expect(timeouts).toEqual([1_500, 1, undefined])
})
