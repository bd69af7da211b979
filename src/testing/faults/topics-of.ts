import type { FetchRequest } from '../../protocol/messages/fetch.ts'
import { ZERO_UUID } from '../../protocol/reader.ts'
import type { Exchange } from './exchange.ts'

const fetchKey = 1
/** Kafka's number for a topic among the resources that have configs and ACLs. */
const topicResource = 2

/** Fields whose elements are topics, or their names. */
const topicFields: ReadonlySet<string> = new Set([
  'topics',
  'topicNames',
  'topicData',
  'topicPartitions',
  'forgottenTopicsData',
  'v3AndBelowTopics',
  'subscribedTopicNames',
])
/** Fields in whose elements there are topics. */
const outerFields: readonly string[] = ['groups', 'transactions', 'markers', 'dirs']

/** The topics that a request names, each by all that is known of it: its name, its id. */
export function topicsOf({ api, request, context }: Exchange): Set<string> {
  const found = new Set<string>()
  addTopics(request, found)
  if (api.key === fetchKey && request !== undefined) {
    for (const { topic, topicId } of context.broker.fetchSessions.partitionsOf(request as FetchRequest)) {
      found.add(topic).add(topicId)
    }
  }
  found.delete('')
  found.delete(ZERO_UUID)
  const { topics } = context.broker
  for (const named of [...found]) {
    const topic = topics.byName(named) ?? topics.byId(named)
    if (topic !== undefined) found.add(topic.name).add(topic.id)
  }
  return found
}

function addTopics(value: unknown, found: Set<string>): void {
  if (value === null || typeof value !== 'object') return
  for (const [field, items] of Object.entries(value)) {
    if (!Array.isArray(items)) continue
    if (topicFields.has(field)) for (const item of items) addTopic(item, found)
    else if (field === 'resources') for (const item of items) addResource(item, found)
    else if (outerFields.includes(field)) for (const item of items) addTopics(item, found)
  }
}

/** Messages call a topic by one or several of these fields; those that a version lacks are empty. */
function addTopic(item: unknown, found: Set<string>): void {
  if (typeof item === 'string') {
    found.add(item)
    return
  }
  const { name, topic, topicName, topicId } = item as Record<string, unknown>
  for (const named of [name, topic, topicName, topicId]) if (typeof named === 'string') found.add(named)
}

function addResource(item: unknown, found: Set<string>): void {
  const { resourceType, resourceName } = item as { resourceType: number; resourceName: string }
  if (resourceType === topicResource) found.add(resourceName)
}
