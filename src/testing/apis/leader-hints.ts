import type { BrokerNode } from '../state/cluster-state.ts'
import type { MetadataView } from '../state/metadata-view.ts'
import type { Partition } from '../state/partition.ts'

/** Who leads the partition instead of the broker that was asked (KIP-951). */
export function leaderHint(partition: Partition | undefined): { leaderId?: number; leaderEpoch?: number } {
  return partition === undefined ? {} : { leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch }
}

/** Where the leaders of these partitions are reached, each broker once. */
export function nodeEndpoints(
  view: MetadataView,
  partitions: readonly (Partition | undefined)[],
): { nodeId: number; host: string; port: number; rack: string | null }[] {
  const leaders = new Set<BrokerNode>()
  for (const partition of partitions) {
    const leader = partition === undefined ? undefined : view.brokers.get(partition.leaderId)
    if (leader !== undefined) leaders.add(leader)
  }
  return [...leaders].map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack }))
}
