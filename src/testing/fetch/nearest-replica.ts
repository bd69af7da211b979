import type { BrokerContext } from '../server/handler.ts'
import type { Located } from '../state/locate.ts'

/**
 * The replica in the client's rack that the leader sends it to; -1 when it is to stay (KIP-392, the rack-aware
 * selector). Only a follower that has the offset is named, and among several the one that has most.
 */
export function nearest(
  broker: BrokerContext,
  { partition }: Located,
  rack: string,
  fetchOffset: number,
): number {
  const { settings, view, node } = broker
  if (!settings.prefersNearReplicas || partition?.replica?.role !== 'leader') return -1
  if (view.brokers.get(node.id)?.rack === rack) return -1
  let found = -1
  let most = fetchOffset - 1
  for (const id of partition.isr) {
    const endOffset = partition.replica.followers.get(id)?.endOffset ?? -1
    if (view.brokers.get(id)?.rack !== rack || endOffset <= most) continue
    found = id
    most = endOffset
  }
  return found
}
