import type { Kafka } from '../../src/kafka.ts'
import type { Broker } from '../../src/testing/index.ts'
import { startBroker } from '../../src/testing/index.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Chance } from '../world/chance.ts'
import type { World } from '../world/world.ts'

const firstPort = 9092

/** The name under which clients find the brokers. */
const address = 'kafka.sim'

/** Starts the cluster of a scenario on the host `cluster`, and gives its listeners their names. */
export function startCluster(world: World, scenario: Scenario, chance: Chance): Promise<Broker> {
  for (let id = 1; id <= scenario.brokers; id++) world.network.label(firstPort + id - 1, `broker-${id}`)
  return startBroker({
    runtime: world.host('cluster'),
    host: address,
    topics: scenario.topics,
    configs: {
      'auto.create.topics.enable': 'false',
      'group.initial.rebalance.delay.ms': chance.pick(['0', '500']),
    },
  })
}

export type { Broker, Kafka }
