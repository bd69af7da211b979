import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  type AlterableConfig,
  type AlterConfigsResource,
  IncrementalAlterConfigs,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
} from '../../protocol/messages/incremental-alter-configs.ts'
import type { Configurable, Failure } from '../configs/configurable.ts'
import { configurables } from '../configs/index.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { listWords } from '../state/config-definition.ts'
import { problem } from '../state/create-topic.ts'

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
  { resourceType, resourceName, configs }: AlterConfigsResource,
  validateOnly: boolean,
): Failure | undefined {
  const configurable = configurables.get(resourceType)
  if (configurable === undefined) {
    return problem(ErrorCodes.INVALID_REQUEST, `resources of type ${resourceType} have no configs`)
  }
  const failure = configurable.alterProblem(broker, resourceName)
  if (failure !== undefined) return failure
  const names = configs.map(({ name }) => name)
  if (new Set(names).size !== names.length) {
    return problem(ErrorCodes.INVALID_REQUEST, 'a config is named more than once')
  }
  const altered = new Map(configurable.current(broker, resourceName))
  for (const config of configs) {
    const wrong = apply(broker, configurable, altered, config)
    if (wrong !== undefined) return wrong
  }
  return configurable.set(broker, resourceName, altered, validateOnly)
}

function apply(
  broker: BrokerContext,
  configurable: Configurable,
  altered: Map<string, string>,
  { name, configOperation, value }: AlterableConfig,
): Failure | undefined {
  if (configOperation === operations.delete) {
    altered.delete(name)
    return configurable.deleteProblem?.(name)
  }
  if (value === null) return problem(ErrorCodes.INVALID_REQUEST, `the config ${name} has no value`)
  if (configOperation === operations.set) {
    altered.set(name, value)
    return undefined
  }
  if (configOperation !== operations.append && configOperation !== operations.subtract) {
    return { errorCode: ErrorCodes.UNKNOWN_SERVER_ERROR, errorMessage: null }
  }
  const listDefault = configurable.listDefault?.(broker, name)
  if (listDefault === undefined) {
    return problem(configurable.noListError, `the config ${name} is no list to append to or take from`)
  }
  const words = listWords(altered.get(name) ?? listDefault)
  const named = listWords(value)
  const changed =
    configOperation === operations.append
      ? [...words, ...named.filter((word) => !words.includes(word))]
      : words.filter((word) => !named.includes(word))
  altered.set(name, changed.join(','))
  return undefined
}
