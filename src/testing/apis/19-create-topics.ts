import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  type CreatableTopic,
  type CreatableTopicResult,
  CreateTopics,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
} from '../../protocol/messages/create-topics.ts'
import type { TopicPlan } from '../control/controller.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { type Problem, planTopic, problem } from '../state/create-topic.ts'
import { describeConfig } from '../state/describe-config.ts'
import { topicConfigDefinitions } from '../state/topic-configs.ts'
import { randomUuid } from '../state/topics.ts'

export const createTopics: Handler<CreateTopicsRequest, CreateTopicsResponse> = {
  api: CreateTopics,
  versions: [2, 7],

  handle({ topics, validateOnly }, { broker }) {
    const names = topics.map(({ name }) => name)
    const answers = new Map<string, Draft<CreatableTopicResult>>()
    for (const topic of topics) {
      const isRepeated = names.indexOf(topic.name) !== names.lastIndexOf(topic.name)
      answers.set(
        topic.name,
        isRepeated
          ? failed(topic.name, problem(ErrorCodes.INVALID_REQUEST, `"${topic.name}" is named more than once`))
          : create(broker, topic, validateOnly),
      )
    }
    return { topics: [...answers.values()] }
  },
}

function create(
  broker: BrokerContext,
  topic: CreatableTopic,
  validateOnly: boolean,
): Draft<CreatableTopicResult> {
  const { name, numPartitions, replicationFactor, assignments, configs } = topic
  const { cluster } = broker
  const wish = { name, partitions: numPartitions, replicationFactor, assignments, configs }
  const plan = planTopic(cluster, wish)
  if ('errorCode' in plan) return failed(name, plan)
  // Kafka makes up an id for the answer, too, when the topic is not made.
  const topicId = validateOnly ? randomUuid(broker.runtime.random) : cluster.controller.createTopic(plan).id
  return {
    name,
    topicId,
    errorMessage: null,
    numPartitions: plan.assignments.length,
    replicationFactor: plan.assignments[0].length,
    configs: describeConfigs(broker, plan),
  }
}

function failed(name: string, { errorCode, errorMessage }: Problem): Draft<CreatableTopicResult> {
  return { name, errorCode, errorMessage }
}

function describeConfigs({ cluster, node }: BrokerContext, { configs }: TopicPlan) {
  return topicConfigDefinitions.map((definition) => {
    const { value, source } = describeConfig(definition, configs, cluster.configs, String(node.id))
    return { name: definition.name, value, readOnly: false, configSource: source, isSensitive: false }
  })
}
