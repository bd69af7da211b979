import type { Scenario } from './scenario.ts'
import { standard } from './standard.ts'

/** One broker that never fails: what goes wrong is between it and its clients. */
export const oneBroker: Scenario = {
  ...standard,
  name: 'one-broker',
  brokers: 1,
  faults: {
    'slow-link': 3,
    trickle: 2,
    cut: 4,
    'half-open': 2,
    reset: 4,
    refuse: 2,
    'pause-client': 3,
    'slow-handler': 2,
    'clock-jump': 1,
    'client-comes': 1,
    'client-goes': 1,
    'client-dies': 1,
    'add-partitions': 1,
    'make-topic': 0.5,
  },
}
