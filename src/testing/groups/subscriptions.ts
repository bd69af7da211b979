import { decodeSubscription } from '../../consumer/group/consumer-protocol.ts'
import { ProtocolError } from '../../errors.ts'
import type { Group } from './group.ts'

const consumerProtocolType = 'consumer'

/** The topics that the members of a group of consumers want; `unknown` when they speak of something else. */
export function subscribedTopics(group: Group): ReadonlySet<string> | 'unknown' {
  if (group.type === 'consumer') return group.subscribedTopics()
  const topics = new Set<string>()
  for (const member of group.members) {
    if (group.protocolType !== consumerProtocolType || group.protocolName === null) return 'unknown'
    try {
      const { topics: wanted } = decodeSubscription(member.metadataFor(group.protocolName))
      for (const topic of wanted) topics.add(topic)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return 'unknown'
    }
  }
  return topics
}
