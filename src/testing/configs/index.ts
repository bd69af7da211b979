import type { Configurable } from './configurable.ts'
import { configurableBrokers } from './configurable-brokers.ts'
import { configurableClientMetrics } from './configurable-client-metrics.ts'
import { configurableGroups } from './configurable-groups.ts'
import { configurableLoggers } from './configurable-loggers.ts'
import { configurableTopics } from './configurable-topics.ts'

/** Kafka's number for subscriptions to the metrics of clients. */
export const clientMetricsType = 16

/** What has configs, by Kafka's numbers for the types of resources. */
export const configurables: ReadonlyMap<number, Configurable> = new Map([
  [2, configurableTopics],
  [4, configurableBrokers],
  [8, configurableLoggers],
  [clientMetricsType, configurableClientMetrics],
  [32, configurableGroups],
])
