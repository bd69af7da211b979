import { ApiVersions, type ApiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import type { Release } from '../../src/testing/versions/release.ts'
import { RawClient } from '../../test/testing/support/raw-client.ts'

const softwareSince = 3
const client = { clientSoftwareName: 'odradek', clientSoftwareVersion: '1' }

/** Asks the broker at `address` what it offers, in the highest version of ApiVersions that it has. */
export async function askRelease(address: string, version: string): Promise<Release> {
  using raw = await RawClient.connect(address)
  const first = await raw.call(ApiVersions, 0, {})
  const range = first.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)!
  const highest = Math.min(range.maxVersion, ApiVersions.response.versions[1])
  if (highest < softwareSince) throw new Error(`Kafka ${version} tells no features`)
  return releaseOf(version, await raw.call(ApiVersions, highest, client))
}

function releaseOf(version: string, answer: ApiVersionsResponse): Release {
  const finalized = new Map(
    answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
  )
  return {
    version,
    apis: answer.apiKeys
      .map(({ apiKey, minVersion, maxVersion }) => ({
        key: apiKey,
        versions: [minVersion, maxVersion] as const,
      }))
      .sort((a, b) => a.key - b.key),
    features: answer.supportedFeatures
      .map(({ name, minVersion, maxVersion }) => ({
        name,
        supported: [minVersion, maxVersion] as const,
        finalized: finalized.get(name) ?? 0,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
