import { expect, test } from 'vitest'
import { Features } from '../../src/cluster/features.ts'
import { BrokerVersions } from '../../src/network/broker-versions.ts'
import { ListGroups } from '../../src/protocol/messages/list-groups.ts'
import { ScriptedCluster } from './support/scripted-cluster.ts'

function told(finalizedFeaturesEpoch: bigint, levels: Record<string, number>): BrokerVersions {
  const finalizedFeatures = Object.entries(levels).map(([name, level]) => ({
    name,
    minVersionLevel: 1,
    maxVersionLevel: level,
  }))
  return new BrokerVersions({ apiKeys: [], finalizedFeatures, finalizedFeaturesEpoch })
}

test('levels are those of the highest epoch, whichever broker told them', () => {
  const features = new Features()
  expect([features.epoch, features.level('group.version')]).toEqual([-1n, 0])
  features.learn(told(7n, { 'group.version': 1, 'transaction.version': 2 }))
  features.learn(told(6n, { 'group.version': 0, 'share.version': 1 }))
  const levels = () =>
    ['group.version', 'transaction.version', 'share.version'].map((name) => features.level(name))
  expect([features.epoch, levels()]).toEqual([7n, [1, 2, 0]])
  features.learn(told(8n, { 'group.version': 1, 'share.version': 1 }))
  expect([features.epoch, levels()]).toEqual([8n, [1, 0, 1]])
})

test('a broker that is too old to tell says nothing', () => {
  const features = new Features()
  features.learn(told(3n, { 'group.version': 1 }))
  features.learn(new BrokerVersions({ apiKeys: [] }))
  expect(features.level('group.version')).toBe(1)
})

test('a cluster knows them from every broker that it connects to', async () => {
  const kafka = await ScriptedCluster.start(1, 2)
  kafka.finalized = { epoch: 1n, levels: { 'transaction.version': 1 } }
  const cluster = kafka.client()
  const features = await kafka.run(cluster.features())
  expect(features.level('transaction.version')).toBe(1)
  kafka.finalized = { epoch: 2n, levels: { 'transaction.version': 2 } }

  kafka.on('ListGroups', () => ({}))
  await kafka.run(cluster.lane('l').send(2, ListGroups, {}))
  expect(features.level('transaction.version')).toBe(2)
})
