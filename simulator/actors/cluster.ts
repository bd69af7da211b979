import { type Broker, startBroker } from '../../src/testing/index.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Chance } from '../world/chance.ts'
import type { World } from '../world/world.ts'

export type { Broker, BrokerNodeHandle } from '../../src/testing/index.ts'

const firstPort = 9092

/** The name under which clients find the brokers. */
const address = 'kafka.sim'

/** Starts the cluster of a scenario on the host `cluster`, and gives its listeners their names. */
export function startCluster(world: World, scenario: Scenario, chance: Chance): Promise<Broker> {
  for (let id = 1; id <= scenario.brokers; id++) world.network.label(firstPort + id - 1, `broker-${id}`)
  return startBroker({
    runtime: world.host('cluster'),
    brokers: scenario.brokers,
    host: address,
    port: firstPort,
    topics: scenario.topics,
    delays: {
      replicationMs: chance.pick([0, [0, 20] as const, [5, 200] as const]),
      metadataMs: chance.pick([0, [0, 50] as const, [50, 500] as const]),
      coordinatorLoadMs: chance.pick([0, [0, 500] as const]),
    },
    configs: {
      'auto.create.topics.enable': 'false',
      'broker.session.timeout.ms': chance.pick(['500', '2000']),
      'replica.lag.time.max.ms': chance.pick(['2000', '10000']),
      'offsets.topic.replication.factor': String(Math.min(3, scenario.brokers)),
      'group.initial.rebalance.delay.ms': chance.pick(['0', '500']),
    },
  })
}
