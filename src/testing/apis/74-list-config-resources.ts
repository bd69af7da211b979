import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  ListConfigResources,
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponse,
} from '../../protocol/messages/list-config-resources.ts'
import { clientMetricsType, configurables } from '../configs/index.ts'
import type { Handler } from '../server/handler.ts'

const firstVersionWithTypes = 1

/** Version 0 was made for subscriptions to the metrics of clients alone (KIP-714, KIP-1142). */
export const listConfigResources: Handler<ListConfigResourcesRequest, ListConfigResourcesResponse> = {
  api: ListConfigResources,
  versions: [0, 1],

  handle({ resourceTypes }, { broker, version }) {
    const asked = resourceTypes.length === 0 ? [...configurables.keys()] : [...new Set(resourceTypes)]
    const types = version >= firstVersionWithTypes ? asked : [clientMetricsType]
    if (types.some((type) => !configurables.has(type))) return { errorCode: ErrorCodes.UNSUPPORTED_VERSION }
    const configResources = types.flatMap((resourceType) =>
      [...configurables.get(resourceType)!.names(broker)].map((resourceName) => ({
        resourceName,
        ...(version >= firstVersionWithTypes && { resourceType }),
      })),
    )
    return { errorCode: ErrorCodes.NONE, configResources }
  },
}
