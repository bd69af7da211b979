import type { Runtime } from '../../../src/runtime/runtime.ts'
import { GroupCoordinator } from '../../../src/testing/groups/group-coordinator.ts'
import { BrokerConfigs } from '../../../src/testing/state/broker-configs.ts'
import { GroupConfigs } from '../../../src/testing/state/group-configs.ts'

export interface MadeCoordinator {
  readonly groups: GroupCoordinator
  readonly groupConfigs: GroupConfigs
}

/** A coordinator that makes assignments at once, unless the configs of the broker say otherwise. */
export function makeCoordinator(runtime: Runtime, given: Record<string, string> = {}): MadeCoordinator {
  const configs = new BrokerConfigs({ 'group.consumer.assignment.interval.ms': '0', ...given })
  const groupConfigs = new GroupConfigs(configs)
  return { groups: new GroupCoordinator(runtime, configs.settings, groupConfigs), groupConfigs }
}
