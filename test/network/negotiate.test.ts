import { describe, expect, it } from 'vitest'
import { UnsupportedVersionError } from '../../src/errors.ts'
import { BrokerVersions } from '../../src/network/broker-versions.ts'
import { checkVersion, negotiateVersion } from '../../src/network/negotiate.ts'
import { Fetch, InitProducerId, Produce } from '../../src/protocol/messages/index.ts'

const broker = '1 (kafka-1:9092)'

function offer(apiKey: number, minVersion: number, maxVersion: number): BrokerVersions {
  return new BrokerVersions({ apiKeys: [{ apiKey, minVersion, maxVersion }] })
}

describe('negotiateVersion', () => {
  it('takes the highest version that both sides know', () => {
    const [, ours] = Fetch.request.versions
    expect(negotiateVersion(Fetch, offer(1, 0, 11), broker)).toBe(11)
    expect(negotiateVersion(Fetch, offer(1, 0, ours + 5), broker)).toBe(ours)
  })

  it('takes no more than the cap', () => {
    expect(negotiateVersion(Fetch, offer(1, 0, 16), broker, 12)).toBe(12)
  })

  it('never takes an unstable version', () => {
    const [, latest] = InitProducerId.request.versions
    expect(InitProducerId.latestStableVersion).toBe(latest - 1)
    expect(negotiateVersion(InitProducerId, offer(22, 0, latest), broker)).toBe(latest - 1)
  })

  it('takes a broker by its word where it advertises versions that it no longer has', () => {
    // Kafka 4 says Produce 0 to 13 for the sake of an old client, and knows 3 to 13.
    expect(negotiateVersion(Produce, offer(0, 0, 13), broker)).toBe(13)
  })

  it('names the API, both ranges and the broker when there is none', () => {
    const [lowest] = Fetch.request.versions
    const act = () => negotiateVersion(Fetch, offer(1, 0, lowest - 1), broker)
    expect(act).toThrow(UnsupportedVersionError)
    expect(act).toThrow(
      `no common version of Fetch with broker 1 (kafka-1:9092): this client speaks versions ${lowest} to ` +
        `${Fetch.latestStableVersion}, the broker offers versions 0 to ${lowest - 1}; upgrade the broker or do without`,
    )
    expect(() => negotiateVersion(Fetch, offer(1, 100, 120), broker)).toThrow(
      'upgrade the client or do without',
    )
    expect(() => negotiateVersion(Fetch, offer(0, 0, 9), broker)).toThrow('the broker does not offer it')
    expect(() => negotiateVersion(Fetch, offer(1, 13, 17), broker, 12)).toThrow(
      'and this use of it asks for 12 at most, the broker offers versions 13 to 17',
    )
  })
})

describe('checkVersion', () => {
  it('takes what is in both ranges', () => {
    checkVersion(Fetch, offer(1, 0, 11), broker, 11)
    checkVersion(Fetch, offer(1, 0, 11), broker, 4)
  })

  it('refuses what is not', () => {
    expect(() => checkVersion(Fetch, offer(1, 0, 11), broker, 12)).toThrow(UnsupportedVersionError)
    expect(() => checkVersion(Fetch, offer(1, 0, 11), broker, 0)).toThrow(UnsupportedVersionError)
    expect(() => checkVersion(Fetch, offer(1, 5, 11), broker, 4)).toThrow(UnsupportedVersionError)
  })
})

describe('BrokerVersions', () => {
  it('knows finalized features only from epoch 0 on', () => {
    const features = {
      supportedFeatures: [{ name: 'group.version', minVersion: 0, maxVersion: 1 }],
      finalizedFeatures: [{ name: 'group.version', minVersionLevel: 1, maxVersionLevel: 1 }],
    }
    const known = new BrokerVersions({ apiKeys: [], ...features, finalizedFeaturesEpoch: 0n })
    expect(known.finalizedFeatures).toEqual(new Map([['group.version', { min: 1, max: 1 }]]))
    expect(known.supportedFeatures).toEqual(new Map([['group.version', { min: 0, max: 1 }]]))
    const unknown = new BrokerVersions({ apiKeys: [], ...features, finalizedFeaturesEpoch: -1n })
    expect(unknown.finalizedFeatures.size).toBe(0)
    expect(new BrokerVersions({ apiKeys: [] }).finalizedFeaturesEpoch).toBe(-1n)
  })
})
