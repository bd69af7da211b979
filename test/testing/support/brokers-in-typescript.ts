import { startBroker } from '../../../src/testing/index.ts'
import type { BrokersUnderTest } from './cluster-world.ts'

/** Three brokers of ours, for the stories that are told to a real Kafka, too. */
export async function inTypeScript(): Promise<BrokersUnderTest & AsyncDisposable> {
  const broker = await startBroker({ brokers: 3, configs: { 'auto.leader.rebalance.enable': 'false' } })
  return {
    address: (id) => `${broker.node(id).host}:${broker.node(id).port}`,
    stop: (id) => broker.node(id).stop(),
    start: (id) => broker.node(id).start(),
    [Symbol.asyncDispose]: () => broker.close(),
  }
}
