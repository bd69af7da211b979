import { decodeSubscription } from '../../consumer/group/consumer-protocol.ts'
import { ProtocolError } from '../../errors.ts'
import type { Group } from './group.ts'

const consumerProtocolType = 'consumer'

/**
 * The topics that the members of a group want: any there may be (`all`) when they are consumers that cannot be
 * understood, `none of ours` when they are there for something else.
 */
export function subscribedTopics(group: Group): ReadonlySet<string> | 'all' | 'none of ours' {
  if (group.type === 'consumer') return group.subscribedTopics()
  const topics = new Set<string>()
  for (const member of group.members) {
    if (group.protocolType !== consumerProtocolType) return 'none of ours'
    if (group.protocolName === null) return 'all'
    try {
      const { topics: wanted } = decodeSubscription(member.metadataFor(group.protocolName))
      for (const topic of wanted) topics.add(topic)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return 'all'
    }
  }
  return topics
}
