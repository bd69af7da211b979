import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  AlterConfigs,
  type AlterConfigsRequest,
  type AlterConfigsResponse,
} from '../../protocol/messages/alter-configs.ts'
import type { Handler } from '../server/handler.ts'
import { checkConfigs, problem } from '../state/create-topic.ts'
import { resourceTypes, topicOf } from './config-resources.ts'

/** The older form: what is not named goes back to its default. */
export const alterConfigs: Handler<AlterConfigsRequest, AlterConfigsResponse> = {
  api: AlterConfigs,
  versions: [0, 2],

  handle({ resources, validateOnly }, { broker }) {
    const responses = resources.map((resource) => {
      const { resourceType, resourceName, configs } = resource
      const failure = alter()
      return { resourceType, resourceName, errorCode: ErrorCodes.NONE, errorMessage: null, ...failure }

      function alter() {
        if (resourceType !== resourceTypes.topic) {
          return problem(ErrorCodes.INVALID_REQUEST, 'only the configs of topics can be altered here')
        }
        const topic = topicOf(broker, resource)
        if ('errorCode' in topic) return topic
        const checked = checkConfigs(configs)
        if ('errorCode' in checked) return checked
        if (!validateOnly) broker.cluster.controller.configure(topic, checked)
        return undefined
      }
    })
    return { responses }
  },
}
