import type { ClusterState } from './state/cluster-state.ts'

const clusters = new WeakMap<object, ClusterState>()

export function rememberCluster(broker: object, cluster: ClusterState): void {
  clusters.set(broker, cluster)
}

/** What is behind a `Broker`, for tests of the cluster itself and for the simulator. */
export function clusterOf(broker: object): ClusterState {
  return clusters.get(broker)!
}
