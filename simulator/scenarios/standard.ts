import type { Scenario } from './scenario.ts'

/** Three brokers, two producers and a group of three; and everything that can go wrong. */
export const standard: Scenario = {
  name: 'standard',
  brokers: 3,
  topics: { orders: 4, events: 2 },
  producers: 2,
  consumers: 3,
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
    'kill-broker': 3,
    'stop-broker': 2,
    'pause-broker': 3,
    'cut-brokers': 3,
    'move-leader': 4,
    'move-coordinator': 2,
    'client-comes': 1,
    'client-goes': 1,
    'client-dies': 1,
    'add-partitions': 1,
    'make-topic': 0.5,
  },
  faultEveryMs: [200, 5_000],
  sendEveryMs: [50, 1_000],
}
