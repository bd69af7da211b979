import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  DescribeConfigs,
  type DescribeConfigsRequest,
  type DescribeConfigsResource,
  type DescribeConfigsResponse,
  type DescribeConfigsResult,
} from '../../protocol/messages/describe-configs.ts'
import { configurables } from '../configs/index.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { problem } from '../state/create-topic.ts'

export const describeConfigs: Handler<DescribeConfigsRequest, DescribeConfigsResponse> = {
  api: DescribeConfigs,
  versions: [1, 4],

  handle({ resources, includeSynonyms }, { broker }) {
    return { results: resources.map((resource) => describe(broker, resource, includeSynonyms)) }
  },
}

function describe(
  broker: BrokerContext,
  { resourceType, resourceName, configurationKeys }: DescribeConfigsResource,
  includeSynonyms: boolean,
): Draft<DescribeConfigsResult> {
  const configs =
    configurables.get(resourceType)?.describe(broker, resourceName) ??
    problem(ErrorCodes.INVALID_REQUEST, `resources of type ${resourceType} have no configs`)
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
