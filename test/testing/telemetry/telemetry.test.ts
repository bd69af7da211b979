import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  ApiVersions,
  GetTelemetrySubscriptions,
  IncrementalAlterConfigs,
  PushTelemetry,
} from '../../../src/protocol/messages/index.ts'
import { type Broker, startBroker } from '../../../src/testing/index.ts'
import { Telemetry } from '../../../src/testing/telemetry/telemetry.ts'
import { RawClient } from '../support/raw-client.ts'
import { SeededWorld } from '../support/seeded-world.ts'

const nobody = 'AAAAAAAAAAAAAAAAAAAAAA'

function connect(broker: Broker, clientId?: string): Promise<RawClient> {
  return RawClient.connect(broker.brokers[0], clientId)
}

test('what a client pushes can be read', async () => {
  await using broker = await startBroker({ telemetry: true })
  using client = await connect(broker, 'thermometer')
  const resources = [
    {
      resourceType: 16,
      resourceName: 'all',
      configs: [{ name: 'metrics', configOperation: 0, value: 'org.apache.kafka.producer.' }],
    },
  ]
  await client.call(IncrementalAlterConfigs, 1, { resources })
  const asked = await client.call(GetTelemetrySubscriptions, 0, { clientInstanceId: nobody })
  expect(asked.requestedMetrics).toEqual(['org.apache.kafka.producer.'])
  const { clientInstanceId, subscriptionId } = asked
  const pushed = { clientInstanceId, subscriptionId, compressionType: 1, metrics: gzipSync('38 degrees') }
  await client.call(PushTelemetry, 0, { ...pushed, terminating: true })
  expect(broker.telemetry).toEqual([
    {
      clientInstanceId,
      clientId: 'thermometer',
      nodeId: 1,
      receivedAtMs: expect.any(Number),
      isTerminating: true,
      compression: 'gzip',
      metrics: Buffer.from('38 degrees'),
    },
  ])
})

test.each(['2.8', '3.3', '3.9', '4.3'] as const)('%s tells of telemetry when it has it', async (version) => {
  const tells = async (telemetry: boolean) => {
    await using broker = await startBroker({ version, telemetry })
    using client = await connect(broker)
    const { apiKeys } = await client.call(ApiVersions, 0, {})
    return apiKeys.map(({ apiKey }) => apiKey).filter((key) => key === 71 || key === 72)
  }
  expect(await tells(false)).toEqual([])
  expect(await tells(true)).toEqual(version === '2.8' || version === '3.3' ? [] : [71, 72])
})

const facts = (id: string) => ({
  client_instance_id: id,
  client_id: 'c',
  client_software_name: 'odradek',
  client_software_version: '1.0',
  client_source_address: '127.0.0.1',
  client_source_port: '9',
})

test('the oldest pushes are forgotten', async () => {
  const world = new SeededWorld()
  const telemetry = new Telemetry(world)
  for (let index = 0; index < 1005; index++) {
    const { subscriptionId } = telemetry.client(facts(`client ${index}`))
    const metrics = Buffer.from(String(index))
    const push = { subscriptionId, isTerminating: false, compressionType: 0, metrics }
    expect(await telemetry.push(facts(`client ${index}`), 1, push)).toBe(0)
  }
  expect(telemetry.pushed).toHaveLength(1000)
  expect(telemetry.pushed[0].metrics.toString()).toBe('5')
})

test('a subscription picks clients by what is known of them', () => {
  const { subscriptions } = new Telemetry(new SeededWorld())
  const wanted = (match: string) => {
    expect(subscriptions.set('one', new Map(Object.entries({ metrics: 'a.', match })))).toBeUndefined()
    return subscriptions.wantedOf(facts('id')).metrics
  }
  expect(wanted('client_instance_id=id')).toEqual(['a.'])
  expect(wanted('client_instance_id=i')).toEqual([])
  expect(wanted('client_source_address=127\\..*,client_source_port=9')).toEqual(['a.'])
  expect(wanted('client_source_address=127\\..*,client_source_port=8')).toEqual([])
})
