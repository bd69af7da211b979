import { expect, test } from 'vitest'
import { DescribeConfigs, IncrementalAlterConfigs, Produce } from '../../../src/protocol/messages/index.ts'
import { type Broker, startBroker } from '../../../src/testing/index.ts'
import { batch } from '../support/batches.ts'
import { RawClient } from '../support/raw-client.ts'

const brokerType = 4
const tooLarge = 10

async function set(client: RawClient, resourceName: string, value: string | null): Promise<void> {
  const configs = [{ name: 'message.max.bytes', configOperation: value === null ? 1 : 0, value }]
  const resources = [{ resourceType: brokerType, resourceName, configs }]
  const { responses } = await client.call(IncrementalAlterConfigs, 1, { resources })
  expect(responses[0].errorCode).toBe(0)
}

async function produce(client: RawClient): Promise<number> {
  const records = await batch(['x'.repeat(500)])
  const topicData = [{ name: 'orders', partitionData: [{ index: 0, records }] }]
  const { responses } = await client.call(Produce, 9, { acks: -1, timeoutMs: 5000, topicData })
  return responses[0].partitionResponses[0].errorCode
}

function connect(broker: Broker, id = 1): Promise<RawClient> {
  const { host, port } = broker.node(id)
  return RawClient.connect(`${host}:${port}`)
}

test.each(['', '1'])('what is set for broker "%s" acts at once, on topics that are there', async (name) => {
  await using broker = await startBroker({ topics: { orders: 1 } })
  using client = await connect(broker)
  expect(await produce(client)).toBe(0)
  await set(client, name, '200')
  expect(await produce(client)).toBe(tooLarge)
  await set(client, name, null)
  expect(await produce(client)).toBe(0)
})

test('a broker’s own config holds before that of all, and a topic’s before both', async () => {
  await using broker = await startBroker({
    topics: { orders: { partitions: 1, configs: { 'max.message.bytes': '5000' } }, plain: 1 },
  })
  using client = await connect(broker)
  await set(client, '', '200')
  await set(client, '1', '300')
  expect(await produce(client)).toBe(0)
  const resources = [{ resourceType: 2, resourceName: 'plain', configurationKeys: ['max.message.bytes'] }]
  const { results } = await client.call(DescribeConfigs, 4, { resources, includeSynonyms: true })
  expect(results[0].configs[0].synonyms.map(({ value, source }) => [value, source])).toEqual([
    ['300', 2],
    ['200', 3],
    ['1048588', 5],
  ])
})

test('of several brokers each tells what was set for it, and all what was set for all', async () => {
  await using broker = await startBroker({ brokers: 2, topics: { orders: 1 } })
  using first = await connect(broker, 1)
  using second = await connect(broker, 2)
  await set(first, '', '200')
  await set(second, '2', '300')
  const told = async (client: RawClient, id: string) => {
    const resources = [
      { resourceType: brokerType, resourceName: id, configurationKeys: ['message.max.bytes'] },
    ]
    const { results } = await client.call(DescribeConfigs, 4, { resources })
    return results[0].configs[0].value
  }
  expect([await told(first, '1'), await told(second, '2')]).toEqual(['200', '300'])
  expect(await produce(first)).toBe(tooLarge)
})
