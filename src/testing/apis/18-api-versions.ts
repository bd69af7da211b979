import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  ApiVersions,
  type ApiVersionsRequest,
  type ApiVersionsResponse,
} from '../../protocol/messages/api-versions.ts'
import type { AnyHandler, Handler } from '../server/handler.ts'

const lowest = 0
const highest = 4
const namePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
const firstVersionWithSoftware = 3

/**
 * Tells what the other handlers can do. No feature is finalized: there are no KIP-848 groups, no transactions and no
 * share groups here.
 */
export function apiVersions(
  handlers: () => Iterable<AnyHandler>,
): Handler<ApiVersionsRequest, ApiVersionsResponse> {
  return {
    api: ApiVersions,
    versions: [lowest, highest],

    handle(request, { version }) {
      const apiKeys = [...handlers()].map(({ api, versions, advertised = versions }) => ({
        apiKey: api.key,
        minVersion: advertised[0],
        maxVersion: advertised[1],
      }))
      // Called without a request for a version that is not supported: version 0 tells which ones are.
      if (version > highest) return { errorCode: ErrorCodes.UNSUPPORTED_VERSION, apiKeys }
      if (version >= firstVersionWithSoftware && !isNamed(request)) {
        return { errorCode: ErrorCodes.INVALID_REQUEST, apiKeys: [] }
      }
      return { errorCode: ErrorCodes.NONE, apiKeys, finalizedFeaturesEpoch: 0n }
    },
  }
}

/** KIP-511: the software's name and version are words of letters, digits, "-" and ".". */
function isNamed({ clientSoftwareName, clientSoftwareVersion }: ApiVersionsRequest): boolean {
  return namePattern.test(clientSoftwareName) && namePattern.test(clientSoftwareVersion)
}
