import type { ClusterState } from '../state/cluster-state.ts'
import type { CoordinatorKind } from '../state/coordinators.ts'
import { internalTopicOf, partitionOfKey } from '../state/internal-topics.ts'
import type { Partition } from '../state/partition.ts'
import type { MarkerPorts, MarkerSender } from './marker-writer.ts'

/** How the markers of transactions get from their coordinators to the leaders of partitions and groups. */
export function clusterMarkerPorts(cluster: ClusterState): Omit<MarkerPorts, 'timers' | 'nowMs'> {
  return {
    coordinatorOf: (transactionalId) => {
      const partition = coordinating(cluster, 'transaction', transactionalId)
      if (partition === undefined || cluster.isLoading(partition)) return undefined
      if (cluster.process(partition.leaderId)?.isResponsive !== true) return undefined
      return { nodeId: partition.leaderId, coordinatorEpoch: partition.leaderEpoch }
    },
    leaderOf: ({ topic, partition: index }, from) => {
      const partition = cluster.topics.byName(topic)?.partitions[index]
      return partition === undefined ? 'gone' : reached(cluster, partition, from)
    },
    appended: (partition) => cluster.process(partition.leaderId)?.replicas.appended(partition),
    endOffsets: (groupId, from, producerId, isCommit) => {
      const partition = coordinating(cluster, 'group', groupId)
      if (partition === undefined || cluster.isLoading(partition)) return false
      if (reached(cluster, partition, from) === undefined) return false
      cluster.groups.get(groupId)?.offsets.endTransaction(producerId, isCommit)
      return true
    },
  }
}

/** The partition whose leader looks after the key, as the controller knows it. */
function coordinating(cluster: ClusterState, kind: CoordinatorKind, key: string): Partition | undefined {
  const { name, partitions } = internalTopicOf(kind, cluster.configs)
  return cluster.topics.byName(name)?.partitions[partitionOfKey(key, partitions)]
}

/** The partition at its leader, if the sender reaches it. */
function reached(cluster: ClusterState, truth: Partition, { nodeId }: MarkerSender): Partition | undefined {
  return cluster.reach(nodeId, truth.leaderId)?.leads(truth, truth.leaderEpoch)
}
