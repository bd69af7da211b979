import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerContext } from '../server/handler.ts'
import { checkConfigs, problem } from '../state/create-topic.ts'
import { describeConfig } from '../state/describe-config.ts'
import { defaultOf, type Topic } from '../state/topic.ts'
import { topicConfigDefinition, topicConfigDefinitions } from '../state/topic-configs.ts'
import { topicNameProblem } from '../state/topic-name.ts'
import { type Configurable, type Failure, told } from './configurable.ts'

export const configurableTopics: Configurable = {
  noListError: ErrorCodes.INVALID_CONFIG,
  hasOldWay: true,

  alterProblem(broker, name) {
    if (name === '') return problem(ErrorCodes.INVALID_REQUEST, 'a topic has a name')
    const topic = topicOf(broker, name)
    return 'errorCode' in topic ? topic : undefined
  },

  current: ({ cluster }, name) => cluster.topics.byName(name)!.configs,

  listDefault({ cluster }, config) {
    const definition = topicConfigDefinition(config)
    return definition?.type === 'list' ? defaultOf(definition, cluster.configs) : undefined
  },

  set({ cluster }, name, configs, validateOnly) {
    const checked = checkConfigs([...configs].map(([config, value]) => ({ name: config, value })))
    if ('errorCode' in checked) return checked
    if (!validateOnly) cluster.controller.configure(cluster.topics.byName(name)!, checked)
    return undefined
  },

  describe(broker, name) {
    const topic = topicOf(broker, name)
    // Kafka says nothing more of a topic that there is not.
    if ('errorCode' in topic) {
      const isUnknown = topic.errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
      return isUnknown ? { ...topic, errorMessage: '' } : topic
    }
    const { cluster, node } = broker
    return topicConfigDefinitions.map((definition) =>
      told(definition, describeConfig(definition, topic.configs, cluster.configs, String(node.id))),
    )
  },

  names: ({ topics }) => [...topics].map(({ name }) => name),
}

/** The topic of that name, or why there is none. */
function topicOf({ cluster }: BrokerContext, name: string): Topic | Failure {
  const topic = cluster.topics.byName(name)
  if (topic !== undefined) return topic
  const what = topicNameProblem(name)
  if (what !== undefined) return problem(ErrorCodes.INVALID_TOPIC_EXCEPTION, what)
  return problem(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, `there is no topic "${name}"`)
}
