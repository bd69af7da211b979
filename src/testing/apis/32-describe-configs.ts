import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  DescribeConfigs,
  type DescribeConfigsRequest,
  type DescribeConfigsResource,
  type DescribeConfigsResourceResult,
  type DescribeConfigsResponse,
  type DescribeConfigsResult,
} from '../../protocol/messages/describe-configs.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { brokerConfigDefinitions } from '../state/broker-configs.ts'
import { type ConfigDefinition, configTypeCodes } from '../state/config-definition.ts'
import { type Problem, problem } from '../state/create-topic.ts'
import {
  type ConfigValue,
  configSources,
  type DescribedConfig,
  describeConfig,
} from '../state/describe-config.ts'
import { type GroupConfigDefinition, groupConfigDefinitions } from '../state/group-configs.ts'
import { topicConfigDefinitions } from '../state/topic-configs.ts'
import { resourceTypes, topicOf } from './config-resources.ts'

export const describeConfigs: Handler<DescribeConfigsRequest, DescribeConfigsResponse> = {
  api: DescribeConfigs,
  versions: [1, 4],

  handle({ resources, includeSynonyms }, { broker }) {
    return { results: resources.map((resource) => describe(broker, resource, includeSynonyms)) }
  },
}

function describe(
  broker: BrokerContext,
  resource: DescribeConfigsResource,
  includeSynonyms: boolean,
): Draft<DescribeConfigsResult> {
  const { resourceType, resourceName, configurationKeys } = resource
  const configs = configsOf(broker, resource)
  if ('errorCode' in configs) return { ...configs, resourceType, resourceName, configs: [] }
  const isAsked = ({ name }: { name?: string }) =>
    configurationKeys === null || configurationKeys.length === 0 || configurationKeys.includes(name!)
  return {
    errorMessage: '',
    resourceType,
    resourceName,
    configs: configs
      .filter(isAsked)
      .map((config) => (includeSynonyms ? config : { ...config, synonyms: [] })),
  }
}

function configsOf(
  broker: BrokerContext,
  resource: DescribeConfigsResource,
): Draft<DescribeConfigsResourceResult>[] | Problem {
  if (resource.resourceType === resourceTypes.topic) {
    const topic = topicOf(broker, resource)
    if ('errorCode' in topic) return isUnknown(topic) ? { ...topic, errorMessage: '' } : topic
    return topicConfigDefinitions.map((definition) =>
      present(definition, describeConfig(definition, topic.configs, broker.cluster.configs), false),
    )
  }
  if (resource.resourceType === resourceTypes.broker) return brokerConfigsOf(broker, resource.resourceName)
  if (resource.resourceType === resourceTypes.group) {
    return groupConfigDefinitions.map((definition) =>
      groupConfigOf(broker, resource.resourceName, definition),
    )
  }
  return problem(
    ErrorCodes.INVALID_REQUEST,
    `resources of type ${resource.resourceType} have no configs here`,
  )
}

/** Kafka says nothing more of a topic that there is not. */
function isUnknown({ errorCode }: Problem): boolean {
  return errorCode === ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
}

function brokerConfigsOf(
  { node, cluster }: BrokerContext,
  resourceName: string,
): Draft<DescribeConfigsResourceResult>[] | Problem {
  // Without an id it asks for what was set for all brokers while they run, which nothing can be here.
  if (resourceName === '') return []
  if (resourceName !== String(node.id)) {
    return problem(ErrorCodes.INVALID_REQUEST, `this is broker ${node.id}, not ${resourceName}`)
  }
  return brokerConfigDefinitions.map((definition) => {
    const { name, defaultValue } = definition
    const source = cluster.configs.isGiven(name) ? configSources.staticBroker : configSources.default
    const value = cluster.configs.value(name)
    const synonyms = [{ name, value, source }]
    if (source !== configSources.default) {
      synonyms.push({ name, value: defaultValue, source: configSources.default })
    }
    return present(definition, { name, value, source, synonyms }, true)
  })
}

function groupConfigOf(
  { cluster }: BrokerContext,
  groupId: string,
  definition: GroupConfigDefinition,
): Draft<DescribeConfigsResourceResult> {
  const { name, brokerConfig = name } = definition
  const { groupConfigs } = cluster
  const isStatic = brokerConfig !== name && cluster.configs.isGiven(brokerConfig)
  const synonyms: ConfigValue[] = [
    {
      name: brokerConfig,
      value: groupConfigs.defaultOf(definition),
      source: isStatic ? configSources.staticBroker : configSources.default,
    },
  ]
  const own = groupConfigs.of(groupId).get(name)
  if (own !== undefined) synonyms.unshift({ name, value: own, source: configSources.group })
  const [{ value, source }] = synonyms
  return present(definition, { name, value, source, synonyms }, false)
}

function present(
  { type }: ConfigDefinition,
  { name, value, source, synonyms }: DescribedConfig,
  readOnly: boolean,
): Draft<DescribeConfigsResourceResult> {
  const configType = configTypeCodes[type]
  return {
    name,
    value,
    readOnly,
    configSource: source,
    isSensitive: false,
    synonyms,
    configType,
    documentation: null,
  }
}
