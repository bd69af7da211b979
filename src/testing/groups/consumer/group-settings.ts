import type { GroupConfigs } from '../../state/group-configs.ts'
import type { ConsumerGroupSettings } from './consumer-group.ts'

/** What holds for the group at this moment: its own configs, or the broker's. */
export function consumerGroupSettings(configs: GroupConfigs, groupId: string): ConsumerGroupSettings {
  const number = (what: string) => configs.number(groupId, `consumer.${what}`)
  return {
    sessionTimeoutMs: number('session.timeout.ms'),
    heartbeatIntervalMs: number('heartbeat.interval.ms'),
    assignmentIntervalMs: number('assignment.interval.ms'),
  }
}
