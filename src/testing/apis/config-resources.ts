import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerContext } from '../server/handler.ts'
import { type Problem, problem } from '../state/create-topic.ts'
import type { Topic } from '../state/topic.ts'
import { topicNameProblem } from '../state/topic-name.ts'

/** Kafka's numbers for what can be configured. */
export const resourceTypes = { topic: 2, broker: 4, group: 32 } as const

/** Something with configs, as a request names it. */
export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

/** The topic that a request is about, or why there is none. */
export function topicOf({ cluster }: BrokerContext, { resourceName }: ConfigResource): Topic | Problem {
  const topic = cluster.topics.byName(resourceName)
  if (topic !== undefined) return topic
  const what = topicNameProblem(resourceName)
  if (what !== undefined) return problem(ErrorCodes.INVALID_TOPIC_EXCEPTION, what)
  return problem(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic "${resourceName}"`)
}
