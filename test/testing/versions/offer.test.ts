import { describe, expect, test } from 'vitest'
import {
  ApiVersions,
  ConsumerGroupHeartbeat,
  Fetch,
  Metadata,
  UpdateFeatures,
} from '../../../src/protocol/messages/index.ts'
import { handlers } from '../../../src/testing/apis/index.ts'
import { startBroker } from '../../../src/testing/index.ts'
import { Features } from '../../../src/testing/state/features.ts'
import { offerOf } from '../../../src/testing/versions/offer.ts'
import { type ReleaseName, releaseNames, releases } from '../../../src/testing/versions/releases.ts'
import { RawClient } from '../support/raw-client.ts'

const software = { clientSoftwareName: 'odradek', clientSoftwareVersion: '1' }

async function told(version: ReleaseName) {
  await using broker = await startBroker({ version })
  using client = await RawClient.connect(broker.brokers[0])
  const { apiKeys } = await client.call(ApiVersions, 3, software)
  return new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]]))
}

describe('what is offered', () => {
  test.each(releaseNames)('%s: nothing that the release does not have', async (version) => {
    const ranges = new Map<number, readonly number[]>(
      releases[version].apis.map(({ key, versions }) => [key, versions]),
    )
    const offered = await told(version)
    expect(offered.size).toBeGreaterThan(20)
    for (const [key, [lowest, highest]] of offered) {
      const range = ranges.get(key)
      expect(range, `API ${key}`).toBeDefined()
      expect([lowest >= range![0], highest <= range![1], lowest <= highest], `API ${key}`).toEqual([
        true,
        true,
        true,
      ])
    }
  })

  test('the highest versions are the release’s', async () => {
    const highest = async (version: ReleaseName) => {
      const offered = await told(version)
      return [0, 1, 3, 18, 75].map((key) => offered.get(key)?.[1])
    }
    expect(await highest('2.8')).toEqual([9, 12, 11, 3, undefined])
    expect(await highest('3.3')).toEqual([9, 13, 12, 3, undefined])
    expect(await highest('3.9')).toEqual([11, 17, 12, 4, 0])
    expect(await highest('4.3')).toEqual([13, 18, 13, 4, 0])
  })

  test('a version that the release does not have is refused', async () => {
    await using broker = await startBroker({ version: '2.8' })
    using old = await RawClient.connect(broker.brokers[0])
    await old.call(Metadata, 11, { topics: [] })
    await expect(old.call(Metadata, 12, { topics: [] })).rejects.toThrow(/hung up/)
    using other = await RawClient.connect(broker.brokers[0])
    await expect(other.call(Fetch, 13, {})).rejects.toThrow(/hung up/)
  })

  test('a version that there is not is refused when the broker is asked for', async () => {
    await expect(startBroker({ version: '1.0' as ReleaseName })).rejects.toThrow(
      /'2\.8', '3\.3', '3\.9', '4\.3'/,
    )
  })
})

describe('features', () => {
  const withApis = (...keys: number[]) => {
    const some = keys.map((key) => [key, { ...handlers.get(18)!, versions: [0, 9] as const }] as const)
    return new Features(offerOf(releases['4.3'], new Map(some)))
  }

  test('are told when the APIs are there that they are for', () => {
    const transactions = [22, 24, 25, 26, 28]
    expect(withApis(...transactions).level('transaction.version')).toBe(2)
    for (const missing of transactions) {
      const others = transactions.filter((key) => key !== missing)
      expect(withApis(...others).level('transaction.version')).toBe(0)
    }
    expect(withApis(68).level('group.version')).toBe(1)
    expect(withApis(76, 78, 79).level('share.version')).toBe(1)
    expect(withApis(76, 78).supported.map(({ name }) => name)).not.toContain('share.version')
  })

  test('count their changes', () => {
    const features = withApis(68)
    const before = features.epoch
    features.finalize('group.version', 1)
    expect(features.epoch).toBe(before)
    features.finalize('group.version', 0)
    expect(features.epoch).toBe(before + 1n)
    expect(features.finalized().map(({ name }) => name)).not.toContain('group.version')
  })
})

test('a fresh broker finalizes what Kafka does, but for what is not here', async () => {
  await using broker = await startBroker()
  using client = await RawClient.connect(broker.brokers[0])
  const { finalizedFeatures } = await client.call(ApiVersions, 4, software)
  const levels = Object.fromEntries(
    finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
  )
  expect(levels).toEqual({
    'eligible.leader.replicas.version': 1,
    'group.version': 1,
    'metadata.version': 30,
    'share.version': 1,
    'transaction.version': 2,
  })
})

test('a feature that is taken back switches its groups off', async () => {
  await using broker = await startBroker()
  using client = await RawClient.connect(broker.brokers[0])
  const update = (maxVersionLevel: number, upgradeType: number) =>
    client.call(UpdateFeatures, 2, {
      timeoutMs: 1000,
      featureUpdates: [{ feature: 'group.version', maxVersionLevel, upgradeType }],
    })
  const beat = async () => {
    const request = { groupId: 'g', memberId: 'm', memberEpoch: 3 }
    return (await client.call(ConsumerGroupHeartbeat, 1, request)).errorCode
  }
  const [unsupported, unknownGroup] = [35, 69]
  expect(await beat()).toBe(unknownGroup)
  expect((await update(0, 2)).errorCode).toBe(0)
  expect(await beat()).toBe(unsupported)
  expect((await update(1, 1)).errorCode).toBe(0)
  expect(await beat()).toBe(unknownGroup)
})
