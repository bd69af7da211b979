import { expect, test } from 'vitest'
import { BrokerConfigs } from '../../../src/testing/state/broker-configs.ts'
import { TransactionService } from '../../../src/testing/transactions/transaction-service.ts'
import { SeededWorld } from '../support/seeded-world.ts'

function aService(world: SeededWorld, configs: Record<string, string> = {}): TransactionService {
  let lastProducerId = 0n
  return new TransactionService(world, {
    settings: new BrokerConfigs(configs).settings,
    nextProducerId: () => ++lastProducerId,
    coordinatorOf: () => ({ nodeId: 1, coordinatorEpoch: 0 }),
    leaderOf: () => 'gone',
    appended: () => {},
    endOffsets: () => true,
  })
}

function begin({ coordinator }: TransactionService): void {
  const request = { transactionalId: 'x', transactionTimeoutMs: 25_000, producerId: -1n, producerEpoch: -1 }
  const answer = coordinator.init(request)
  coordinator.addGroup({ ...answer, transactionalId: 'x' }, 'group')
}

test('timeouts are looked for every ten seconds, as long as the service runs', async () => {
  const world = new SeededWorld()
  const service = aService(world)
  begin(service)
  await world.advance(29_999)
  expect(service.coordinator.get('x')!.state).toBe('Ongoing')
  await world.advance(1)
  expect(service.coordinator.get('x')!.state).toBe('PrepareAbort')
  await world.advance(1)
  expect(service.coordinator.get('x')!.state).toBe('CompleteAbort')
  service.stop()
  expect(world.waitingTimers).toBe(0)
})

test('markers that are waiting end with the service', async () => {
  const world = new SeededWorld()
  const service = aService(world, { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '26000' })
  begin(service)
  await world.advance(26_000)
  expect(service.coordinator.get('x')!.state).toBe('PrepareAbort')
  service.stop()
  expect(world.waitingTimers).toBe(0)
})

test('transactional ids expire', async () => {
  const world = new SeededWorld()
  const service = aService(world, { 'transactional.id.expiration.ms': '60000' })
  begin(service)
  await world.advance(31_000)
  await world.advance(58_999)
  expect(service.coordinator.get('x')).toBeDefined()
  await world.advance(10_001)
  expect(service.coordinator.get('x')).toBeUndefined()
  service.stop()
})
