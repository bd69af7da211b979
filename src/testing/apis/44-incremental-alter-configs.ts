import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  type AlterableConfig,
  type AlterConfigsResource,
  IncrementalAlterConfigs,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
} from '../../protocol/messages/incremental-alter-configs.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { listWords } from '../state/config-definition.ts'
import { checkConfigs, problem } from '../state/create-topic.ts'
import { groupConfigDefinition } from '../state/group-configs.ts'
import { defaultOf, type Topic } from '../state/topic.ts'
import { topicConfigDefinition } from '../state/topic-configs.ts'
import { resourceTypes, topicOf } from './config-resources.ts'

interface Failure {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

/** Changes the configs that are named and leaves the others (KIP-339). */
export const incrementalAlterConfigs: Handler<
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse
> = {
  api: IncrementalAlterConfigs,
  versions: [0, 1],

  handle({ resources, validateOnly }, { broker }) {
    const responses = resources.map((resource) => {
      const { resourceType, resourceName } = resource
      const failure = alter(broker, resource, validateOnly)
      return { resourceType, resourceName, errorCode: ErrorCodes.NONE, errorMessage: null, ...failure }
    })
    return { responses }
  },
}

function alter(
  broker: BrokerContext,
  resource: AlterConfigsResource,
  validateOnly: boolean,
): Failure | undefined {
  if (resource.resourceType === resourceTypes.group) return alterGroup(broker, resource, validateOnly)
  if (resource.resourceType !== resourceTypes.topic) {
    return problem(ErrorCodes.INVALID_REQUEST, 'only the configs of topics and groups can be altered here')
  }
  if (resource.resourceName === '') return problem(ErrorCodes.INVALID_REQUEST, 'a topic has a name')
  const topic = topicOf(broker, resource)
  if ('errorCode' in topic) return topic
  const names = resource.configs.map(({ name }) => name)
  if (new Set(names).size !== names.length) {
    return problem(ErrorCodes.INVALID_REQUEST, 'a config is named more than once')
  }
  const altered = new Map(topic.configs)
  for (const config of resource.configs) {
    const failure = apply(broker, topic, altered, config)
    if (failure !== undefined) return failure
  }
  const checked = checkConfigs([...altered].map(([name, value]) => ({ name, value })))
  if ('errorCode' in checked) return checked
  if (!validateOnly) broker.cluster.controller.configure(topic, checked)
  return undefined
}

/** Groups need not be there to have configs. */
function alterGroup(
  { cluster }: BrokerContext,
  { resourceName: groupId, configs }: AlterConfigsResource,
  validateOnly: boolean,
): Failure | undefined {
  if (groupId === '') return problem(ErrorCodes.INVALID_REQUEST, 'there are no configs for all groups')
  const altered = new Map(cluster.groupConfigs.of(groupId))
  const named = new Set<string>()
  for (const { name, configOperation, value } of configs) {
    if (named.has(name)) return problem(ErrorCodes.INVALID_REQUEST, 'a config is named more than once')
    named.add(name)
    if (configOperation === operations.delete) {
      altered.delete(name)
    } else if (configOperation !== operations.set) {
      const isKnown = groupConfigDefinition(name) !== undefined
      const what = isKnown ? 'is no list to append to or take from' : 'is no config of groups'
      return problem(ErrorCodes.INVALID_CONFIG, `${name} ${what}`)
    } else if (value === null) {
      return problem(ErrorCodes.INVALID_REQUEST, `the config ${name} has no value`)
    } else {
      altered.set(name, value)
    }
  }
  return validateOnly ? cluster.groupConfigs.check(altered) : cluster.groupConfigs.set(groupId, altered)
}

function apply(
  { cluster }: BrokerContext,
  topic: Topic,
  altered: Map<string, string>,
  { name, configOperation, value }: AlterableConfig,
): Failure | undefined {
  if (configOperation === operations.delete) {
    altered.delete(name)
    return undefined
  }
  if (value === null) return problem(ErrorCodes.INVALID_REQUEST, `the config ${name} has no value`)
  if (configOperation === operations.set) {
    altered.set(name, value)
    return undefined
  }
  const definition = topicConfigDefinition(name)
  if (configOperation !== operations.append && configOperation !== operations.subtract) {
    return { errorCode: ErrorCodes.UNKNOWN_SERVER_ERROR, errorMessage: null }
  }
  if (definition?.type !== 'list') {
    return problem(ErrorCodes.INVALID_CONFIG, `the config ${name} is no list to append to or take from`)
  }
  const words = listWords(topic.configs.get(name) ?? defaultOf(definition, cluster.configs))
  const named = listWords(value)
  const changed =
    configOperation === operations.append
      ? [...words, ...named.filter((word) => !words.includes(word))]
      : words.filter((word) => !named.includes(word))
  altered.set(name, changed.join(','))
  return undefined
}
