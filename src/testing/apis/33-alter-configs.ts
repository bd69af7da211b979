import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  AlterConfigs,
  type AlterConfigsRequest,
  type AlterConfigsResource,
  type AlterConfigsResponse,
} from '../../protocol/messages/alter-configs.ts'
import type { Failure } from '../configs/configurable.ts'
import { configurables } from '../configs/index.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { problem } from '../state/create-topic.ts'

/** The older form: what is not named goes back to its default. */
export const alterConfigs: Handler<AlterConfigsRequest, AlterConfigsResponse> = {
  api: AlterConfigs,
  versions: [0, 2],

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
  if (configurable?.hasOldWay !== true) {
    return problem(ErrorCodes.INVALID_REQUEST, `resources of type ${resourceType} cannot be altered this way`)
  }
  const failure = configurable.alterProblem(broker, resourceName)
  if (failure !== undefined) return failure
  const altered = new Map<string, string>()
  for (const { name, value } of configs) {
    if (value === null) return problem(ErrorCodes.INVALID_CONFIG, `the config ${name} has no value`)
    altered.set(name, value)
  }
  return configurable.set(broker, resourceName, altered, validateOnly)
}
