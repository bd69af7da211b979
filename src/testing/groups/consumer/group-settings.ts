import type { BrokerSettings } from '../../state/broker-configs.ts'
import type { ConsumerGroupSettings } from './consumer-group.ts'

export function consumerGroupSettings(settings: BrokerSettings): ConsumerGroupSettings {
  return {
    sessionTimeoutMs: settings.groupConsumerSessionTimeoutMs,
    heartbeatIntervalMs: settings.groupConsumerHeartbeatIntervalMs,
    assignmentIntervalMs: settings.groupConsumerAssignmentIntervalMs,
  }
}
