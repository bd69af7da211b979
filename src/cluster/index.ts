export { brokerError, invalidatesCoordinator, invalidatesMetadata, isRetriable } from './broker-error.ts'
export {
  type CallOptions,
  Cluster,
  type LaneOptions,
  type RequestOptions,
  type Target,
  type TopicsOptions,
} from './cluster.ts'
export type { CoordinatorType } from './coordinators.ts'
export type { Features } from './features.ts'
export type { Lane, LaneSendOptions } from './lane.ts'
export type { BrokerNode, LeaderHint, NodeEndpoint, PartitionView, TopicView } from './metadata-view.ts'
export type { ClusterOptions } from './options.ts'
export { type RetryingOptions, RetryPolicy, retrying } from './retry.ts'
