import { UnsupportedVersionError } from '../errors.ts'
import type { Api } from '../protocol/message.ts'
import type { BrokerVersions } from './broker-versions.ts'

/**
 * The version in which client and broker speak an API: the highest one that both know, at most `cap`, never one
 * that Kafka still calls unstable. Throws an `UnsupportedVersionError` that names the API, both ranges and the
 * broker when there is none.
 */
export function negotiateVersion(
  api: Api<unknown, unknown>,
  versions: BrokerVersions,
  brokerLabel: string,
  cap = Number.POSITIVE_INFINITY,
): number {
  const range = versions.range(api.key)
  if (range !== undefined) {
    const version = Math.min(api.latestStableVersion, range.max, cap)
    if (version >= Math.max(api.request.versions[0], range.min)) return version
  }
  throw unsupported(api, versions, brokerLabel, cap)
}

/** Throws the same error when `version` of an API, which a caller insists on, is not in both ranges. */
export function checkVersion(
  api: Api<unknown, unknown>,
  versions: BrokerVersions,
  brokerLabel: string,
  version: number,
): void {
  const range = versions.range(api.key)
  const [lowest, highest] = api.request.versions
  if (
    range === undefined ||
    version < range.min ||
    version > range.max ||
    version < lowest ||
    version > highest
  ) {
    throw unsupported(api, versions, brokerLabel, version)
  }
}

function unsupported(
  api: Api<unknown, unknown>,
  versions: BrokerVersions,
  brokerLabel: string,
  cap: number,
): UnsupportedVersionError {
  const range = versions.range(api.key)
  const client = { min: api.request.versions[0], max: api.latestStableVersion }
  const ours = `this client speaks versions ${client.min} to ${client.max}`
  const limit = cap < client.max ? ` and this use of it asks for ${cap} at most` : ''
  const theirs =
    range === undefined
      ? 'the broker does not offer it'
      : `the broker offers versions ${range.min} to ${range.max}`
  const advice = range !== undefined && range.min > client.max ? 'upgrade the client' : 'upgrade the broker'
  return new UnsupportedVersionError(
    `no common version of ${api.name} with broker ${brokerLabel}: ${ours}${limit}, ${theirs}; ${advice} or do without`,
    { context: { broker: brokerLabel, api: api.name, clientVersions: client, brokerVersions: range } },
  )
}
