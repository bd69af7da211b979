import {
  AlterConfigs,
  DescribeConfigs,
  IncrementalAlterConfigs,
  ListConfigResources,
} from '../../../src/protocol/messages/index.ts'
import { eventually } from '../support/cluster-world.ts'
import type { Scenario, Teller } from '../support/world.ts'

const types = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

type Change = readonly [name: string, operation: number, value?: string | null]

function describe(
  client: Teller,
  type: number,
  name: string,
  keys: string[] | null,
  say: string,
  synonyms = true,
) {
  const resources = [{ resourceType: type, resourceName: name, configurationKeys: keys }]
  return client.call(DescribeConfigs, 4, { resources, includeSynonyms: synonyms }, say)
}

function alter(
  client: Teller,
  type: number,
  name: string,
  changes: readonly Change[],
  say: string,
  validateOnly = false,
) {
  const configs = changes.map(([config, configOperation, value = null]) => ({
    name: config,
    configOperation,
    value,
  }))
  const resources = [{ resourceType: type, resourceName: name, configs }]
  return client.call(IncrementalAlterConfigs, 1, { resources, validateOnly }, say)
}

export const configScenarios: Scenario[] = [
  {
    name: 'admin: configs of a group described and altered',
    async run(world) {
      const client = await world.client()
      const group = world.groupId()
      await describe(client, types.group, group, null, 'a group that nobody knows')
      await alter(
        client,
        types.group,
        group,
        [['consumer.session.timeout.ms', operations.set, '50000']],
        'set',
      )
      await describe(client, types.group, group, null, 'set', false)
      await alter(
        client,
        types.group,
        group,
        [
          ['consumer.session.timeout.ms', operations.delete],
          ['consumer.heartbeat.interval.ms', operations.set, '6000'],
        ],
        'one deleted and one set',
      )
      await describe(client, types.group, group, ['consumer.heartbeat.interval.ms'], 'one')
      await describe(client, types.group, group, ['no.such'], 'none that there is')
    },
  },
  {
    name: 'admin: configs of a group that cannot be',
    async run(world) {
      const client = await world.client()
      const group = world.groupId()
      const set = (say: string, name: string, value: string | null, to = group) =>
        alter(client, types.group, to, [[name, operations.set, value]], say)
      await set('an unknown name', 'no.such', '5')
      await set('too short', 'consumer.session.timeout.ms', '1')
      await set('too long', 'consumer.session.timeout.ms', '9999999')
      await set('no number', 'consumer.session.timeout.ms', 'soon')
      await set('no value', 'consumer.session.timeout.ms', null)
      await set('longer than a session', 'consumer.heartbeat.interval.ms', '14999')
      await set('no group', 'consumer.session.timeout.ms', '50000', '')
      await alter(
        client,
        types.group,
        group,
        [['consumer.session.timeout.ms', operations.append, '5']],
        'append to a number',
      )
      await describe(client, types.group, '', null, 'no group')
      await alter(
        client,
        types.group,
        group,
        [['consumer.session.timeout.ms', operations.set, '50000']],
        'only a question',
        true,
      )
      await describe(client, types.group, group, ['consumer.session.timeout.ms'], 'as it was')
    },
  },
  {
    name: 'admin: configs of client metrics described and altered',
    async run(world) {
      const client = await world.client()
      const name = world.unusedName()
      await describe(client, types.clientMetrics, name, null, 'what nobody knows')
      await alter(
        client,
        types.clientMetrics,
        name,
        [
          ['interval.ms', operations.set, '5000'],
          ['metrics', operations.set, 'org.apache.kafka.producer.,org.apache.kafka.consumer.'],
          ['match', operations.set, 'client_id=nobody.*'],
        ],
        'set',
      )
      await describe(client, types.clientMetrics, name, null, 'set')
      await alter(
        client,
        types.clientMetrics,
        name,
        [['metrics', operations.subtract, 'org.apache.kafka.producer.']],
        'less',
      )
      await describe(client, types.clientMetrics, name, ['metrics'], 'less', false)
      const all = ['interval.ms', 'metrics', 'match'].map((config): Change => [config, operations.delete])
      await alter(client, types.clientMetrics, name, all, 'all deleted')
      await describe(client, types.clientMetrics, name, null, 'all deleted')
    },
  },
  {
    name: 'admin: configs of client metrics that cannot be',
    async run(world) {
      const client = await world.client()
      const name = world.unusedName()
      const set = (say: string, config: string, value: string, to = name) =>
        alter(client, types.clientMetrics, to, [[config, operations.set, value]], say)
      await set('an unknown name', 'no.such', '5')
      await set('too often', 'interval.ms', '99')
      await set('too seldom', 'interval.ms', '3600001')
      await set('no number', 'interval.ms', 'often')
      await set('matches nothing known', 'match', 'client_shoe_size=44')
      await set('a pattern that is none', 'match', 'client_id=[')
      await set('no pattern', 'match', 'client_id')
      await set('no name', 'interval.ms', '5000', '')
      await describe(client, types.clientMetrics, '', null, 'no name')
      await describe(client, types.clientMetrics, name, null, 'nothing was set')
    },
  },
  {
    name: 'admin: resources with configs listed',
    async run(world) {
      const client = await world.client()
      const group = world.groupId()
      const metrics = world.unusedName()
      const topic = await world.topic()
      await alter(
        client,
        types.group,
        group,
        [['consumer.session.timeout.ms', operations.set, '50000']],
        'a group',
      )
      await alter(
        client,
        types.clientMetrics,
        metrics,
        [['interval.ms', operations.set, '5000']],
        'client metrics',
      )
      const ours = new Set([group, metrics, topic.name, '1'])
      const list = async (version: number, resourceTypes: number[], say: string) => {
        const { errorCode, configResources } = await client.quietly(ListConfigResources, version, {
          resourceTypes,
        })
        const found = configResources
          .filter(({ resourceName }) => ours.has(resourceName))
          .sort((a, b) => a.resourceType - b.resourceType)
        world.note(`ListConfigResources v${version} (${say})`, { errorCode, found })
      }
      await list(0, [], 'client metrics')
      await list(1, [], 'all')
      for (const type of [0, 1, 2, 3, 4, 8, 16, 32, 64]) await list(1, [type], `type ${type}`)
      await list(1, [16, 32], 'two types')
      await list(1, [16, 16], 'one type twice')
      await list(1, [2, 99], 'one that there is and one that there is not')
      await alter(client, types.clientMetrics, metrics, [['interval.ms', operations.delete]], 'deleted')
      await alter(client, types.group, group, [['consumer.session.timeout.ms', operations.delete]], 'deleted')
      await list(1, [16, 32], 'after that')
    },
  },
  {
    name: 'admin: configs of a broker described and altered',
    async run(world) {
      const client = await world.client()
      const keys = ['message.max.bytes', 'num.partitions']
      const set = (broker: string, value: string): Promise<unknown> =>
        alter(
          client,
          types.broker,
          broker,
          [['message.max.bytes', operations.set, value]],
          `${value} for "${broker}"`,
        )
      await describe(client, types.broker, '1', keys, 'as it begins')
      await describe(client, types.broker, '', null, 'all brokers, as it begins')
      await set('', '2000000')
      await set('1', '3000000')
      await settled(client, '3000000')
      await describe(client, types.broker, '1', keys, 'both set')
      await describe(client, types.broker, '', null, 'both set, for all brokers')
      await alter(
        client,
        types.broker,
        '1',
        [['message.max.bytes', operations.delete]],
        'deleted for the broker',
      )
      await settled(client, '2000000')
      await describe(client, types.broker, '1', keys, 'one set')
      await alter(client, types.broker, '', [['message.max.bytes', operations.delete]], 'deleted for all')
      await settled(client, '1048588')
      await describe(client, types.broker, '1', keys, 'none set')
    },
  },
  {
    name: 'admin: a topic has what its broker is configured with',
    async run(world) {
      const client = await world.client()
      const topic = await world.topic()
      await alter(
        client,
        types.broker,
        '',
        [['message.max.bytes', operations.set, '70000']],
        'for all brokers',
      )
      await settled(client, '70000')
      await describe(client, types.topic, topic.name, ['max.message.bytes'], 'the topic')
      await alter(
        client,
        types.topic,
        topic.name,
        [['max.message.bytes', operations.set, '80000']],
        'for the topic',
      )
      await describe(client, types.topic, topic.name, ['max.message.bytes'], 'its own')
      await alter(client, types.broker, '', [['message.max.bytes', operations.delete]], 'for no broker')
      await settled(client, '1048588')
    },
  },
  {
    name: 'admin: configs of a broker that cannot be',
    async run(world) {
      const client = await world.client()
      const set = (say: string, name: string, value: string | null, broker = '1') =>
        alter(client, types.broker, broker, [[name, operations.set, value]], say)
      await set('no number', 'message.max.bytes', 'many')
      await set('a number below 0', 'message.max.bytes', '-1')
      await set('no value', 'message.max.bytes', null)
      await set('one that cannot change while it runs', 'num.partitions', '5')
      await set('one that cannot change while it runs, for all', 'num.partitions', '5', '')
      await set('an id that is none', 'message.max.bytes', '2000000', 'one')
      await set('an id below 0', 'message.max.bytes', '2000000', '-1')
      await set('another broker', 'message.max.bytes', '2000000', '77')
      await describe(client, types.broker, '77', ['message.max.bytes'], 'another broker')
      await describe(client, types.broker, 'one', ['message.max.bytes'], 'an id that is none')
      await describe(client, types.broker, '1', ['no.such'], 'none that there is')
      await alter(
        client,
        types.broker,
        '1',
        [['message.max.bytes', operations.set, '2000000']],
        'only a question',
        true,
      )
      await alter(
        client,
        types.broker,
        '1',
        [
          ['message.max.bytes', operations.set, '2000000'],
          ['message.max.bytes', operations.delete],
        ],
        'one twice',
      )
      await describe(client, types.broker, '1', ['message.max.bytes'], 'as it was')
    },
  },
  {
    name: 'admin: levels of loggers',
    async run(world) {
      const client = await world.client()
      const logger = 'root'
      const set = (say: string, name: string, value: string | null, operation: number = operations.set) =>
        alter(client, types.brokerLogger, '1', [[name, operation, value]], say)
      await set('set', logger, 'DEBUG')
      await describe(client, types.brokerLogger, '1', [logger], 'set')
      await set('in small letters', logger, 'warn')
      await set('a level that there is not', logger, 'LOUD')
      await set('no value', logger, null)
      await set('a logger that there is not', 'no.such.Logger', 'INFO')
      await set('append', logger, 'INFO', operations.append)
      await set('the root deleted', logger, null, operations.delete)
      await set('deleted that there is not', 'no.such.Logger', null, operations.delete)
      await set('as it was', logger, 'INFO')
      await alter(client, types.brokerLogger, '', [[logger, operations.set, 'INFO']], 'no broker')
      await alter(client, types.brokerLogger, '77', [[logger, operations.set, 'INFO']], 'another broker')
      await describe(client, types.brokerLogger, '', [logger], 'no broker')
      await describe(client, types.brokerLogger, '77', [logger], 'another broker')
      await describe(client, types.brokerLogger, '1', ['no.such.Logger'], 'a logger that there is not')
    },
  },
  {
    name: 'admin: configs of what has none',
    async run(world) {
      const client = await world.client()
      for (const type of [0, 1, 3, 64, -1]) {
        await describe(client, type, 'x', null, `type ${type}`)
        await alter(client, type, 'x', [['a', operations.set, '5']], `type ${type}`)
        const resources = [{ resourceType: type, resourceName: 'x', configs: [{ name: 'a', value: '5' }] }]
        await client.call(AlterConfigs, 2, { resources }, `type ${type}`)
      }
    },
  },
  {
    name: 'admin: configs altered the old way',
    async run(world) {
      const client = await world.client()
      const old = (
        resourceType: number,
        resourceName: string,
        name: string,
        value: string | null,
        say: string,
      ) =>
        client.call(
          AlterConfigs,
          2,
          { resources: [{ resourceType, resourceName, configs: [{ name, value }] }] },
          say,
        )
      const metrics = world.unusedName()
      await old(types.clientMetrics, metrics, 'interval.ms', '5000', 'client metrics')
      await describe(client, types.clientMetrics, metrics, ['interval.ms'], 'set')
      await client.call(
        AlterConfigs,
        2,
        { resources: [{ resourceType: types.clientMetrics, resourceName: metrics, configs: [] }] },
        'all gone',
      )
      await describe(client, types.clientMetrics, metrics, ['interval.ms'], 'all gone')
      await old(types.group, world.groupId(), 'consumer.session.timeout.ms', '1', 'a group, too short')
      await old(types.broker, '1', 'num.partitions', '4', 'a broker')
      await old(types.brokerLogger, '1', 'root', 'INFO', 'a logger')
      await old(types.topic, '', 'retention.ms', '5', 'no topic')
      await old(types.group, '', 'consumer.session.timeout.ms', '50000', 'no group')
    },
  },
]

/** Waits until the broker has heard of it. */
async function settled(client: Teller, value: string): Promise<void> {
  const resources = [
    { resourceType: types.broker, resourceName: '1', configurationKeys: ['message.max.bytes'] },
  ]
  await eventually(async () => {
    const { results } = await client.quietly(DescribeConfigs, 4, { resources })
    return results[0].configs[0].value === value
  })
}
