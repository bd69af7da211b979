import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  ApiVersions,
  type ApiVersionsRequest,
  type ApiVersionsResponse,
} from '../../protocol/messages/api-versions.ts'
import type { AnyHandler, BrokerContext, Handler } from '../server/handler.ts'

const namePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
const firstVersionWithSoftware = 3
/** Older clients cannot read a feature whose lowest level is 0, so it is kept from them (KIP-1022). */
const firstVersionWithLevelZero = 4

/** Tells what the broker offers, and the features of its cluster (KIP-584). */
export const apiVersions: Handler<ApiVersionsRequest, ApiVersionsResponse> = {
  api: ApiVersions,
  versions: [0, 4],

  handle(request, { broker, version, software }) {
    // Called without a request for a version that is not supported: which one is, is told in version 0 (KIP-511).
    if (request === undefined) return { errorCode: ErrorCodes.UNSUPPORTED_VERSION, apiKeys: [own(broker)] }
    const { offer, features } = broker.cluster
    const apiKeys = [...offer.handlers.values()].map(tell)
    if (version >= firstVersionWithSoftware && !isNamed(request)) {
      return { errorCode: ErrorCodes.INVALID_REQUEST, apiKeys: [] }
    }
    if (version >= firstVersionWithSoftware) {
      software.name = request.clientSoftwareName
      software.version = request.clientSoftwareVersion
    }
    return {
      errorCode: ErrorCodes.NONE,
      apiKeys,
      supportedFeatures: features.supported
        .map(({ name, supported: [minVersion, maxVersion] }) => ({ name, minVersion, maxVersion }))
        .filter(({ minVersion }) => minVersion > 0 || version >= firstVersionWithLevelZero),
      finalizedFeaturesEpoch: features.epoch,
      finalizedFeatures: features
        .finalized()
        .map(({ name, level }) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
    }
  },
}

function tell({ api, versions, advertised = versions }: AnyHandler) {
  return { apiKey: api.key, minVersion: advertised[0], maxVersion: advertised[1] }
}

function own({ cluster }: BrokerContext) {
  return tell(cluster.offer.handlers.get(ApiVersions.key)!)
}

/** KIP-511: the software's name and version are words of letters, digits, "-" and ".". */
function isNamed({ clientSoftwareName, clientSoftwareVersion }: ApiVersionsRequest): boolean {
  return namePattern.test(clientSoftwareName) && namePattern.test(clientSoftwareVersion)
}
