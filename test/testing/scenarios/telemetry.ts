import { gzipSync } from 'node:zlib'
import {
  ApiVersions,
  GetTelemetrySubscriptions,
  IncrementalAlterConfigs,
  PushTelemetry,
} from '../../../src/protocol/messages/index.ts'
import { RawClient } from '../support/raw-client.ts'
import type { Scenario, Teller, World } from '../support/world.ts'

const clientMetrics = 16
const nobody = 'AAAAAAAAAAAAAAAAAAAAAA'
const reserved = 'AAAAAAAAAAAAAAAAAAAAAQ'
const someone = 'b2RyYWRlay10ZWxlbWV0cg'
const none = Buffer.alloc(0)
/** Any bytes will do: what they say is looked at by who asked for them. */
const metrics = Buffer.from('0a00', 'hex')
const codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

/** Asks what is wanted, and gives what the answer says. Ids that are made up have no place in a transcript. */
async function ask(world: World, client: Teller, clientInstanceId: string, say: string) {
  const answer = await client.quietly(GetTelemetrySubscriptions, 0, { clientInstanceId })
  const { subscriptionId, ...rest } = answer
  if (clientInstanceId === nobody) world.alias(answer.clientInstanceId, 'an id of its own')
  const mine = rest.requestedMetrics.filter((name) => name === '*' || name.startsWith('odradek.')).sort()
  world.note(`GetTelemetrySubscriptions (${say})`, {
    ...rest,
    requestedMetrics: mine,
    hasSubscription: subscriptionId !== 0,
  })
  return answer
}

interface Push {
  id: string
  subscriptionId: number
  terminating?: boolean
  compressionType?: number
  bytes?: Buffer
}

function push(client: Teller, wanted: Push, say: string) {
  const { id, subscriptionId, terminating = false, compressionType = 0, bytes = metrics } = wanted
  return client.call(
    PushTelemetry,
    0,
    { clientInstanceId: id, subscriptionId, terminating, compressionType, metrics: bytes },
    say,
  )
}

/** Subscribes to metrics of the clients that `match` picks; without values it is over. */
async function subscribe(client: Teller, name: string, configs: Readonly<Record<string, string | null>>) {
  await client.quietly(IncrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType: clientMetrics,
        resourceName: name,
        configs: Object.entries(configs).map(([config, value]) => ({
          name: config,
          configOperation: value === null ? 1 : 0,
          value,
        })),
      },
    ],
  })
}

/** Waits until the broker has heard of what was subscribed to: a new client is asked for it, or not. */
async function until(world: World, isWanted: (requested: readonly string[]) => boolean) {
  const client = await world.client('waiting')
  const giveUpAt = Date.now() + 10_000
  for (;;) {
    const answer = await client.quietly(GetTelemetrySubscriptions, 0, { clientInstanceId: nobody })
    if (isWanted(answer.requestedMetrics)) break
    if (Date.now() > giveUpAt) throw new Error(`told ${answer.requestedMetrics} after 10 s`)
  }
  client.close()
}

const gone = { metrics: null, 'interval.ms': null, match: null }

/** What brokers do that somebody has given a receiver of telemetry. */
export const telemetryScenarios: Scenario[] = [
  {
    name: 'telemetry: is told by a broker that has somebody to take it',
    async run(world) {
      const client = await world.client()
      const { apiKeys } = await client.quietly(ApiVersions, 0, {})
      world.note(
        'APIs',
        apiKeys.filter(({ apiKey }) => apiKey === 71 || apiKey === 72),
      )
    },
  },
  {
    name: 'telemetry: subscriptions where there are none',
    async run(world) {
      const client = await world.client()
      const { clientInstanceId } = await ask(world, client, nobody, 'no id')
      await ask(world, client, clientInstanceId, 'the same client, at once')
      await ask(world, client, nobody, 'another client')
      await ask(world, client, someone, 'an id of the client')
      await ask(world, client, reserved, 'a reserved id')
    },
  },
  {
    name: 'telemetry: metrics that somebody has subscribed to',
    async run(world) {
      const client = await world.client()
      const [one, two] = ['one', 'two'].map((name) => `${world.unusedName()}-${name}`)
      await subscribe(client, one, { metrics: 'odradek.a.,odradek.b.', 'interval.ms': '100' })
      await until(world, (requested) => requested.includes('odradek.a.'))
      await ask(world, client, nobody, 'one subscription')
      await subscribe(client, two, { metrics: 'odradek.b.,odradek.c.', 'interval.ms': '60000' })
      await until(world, (requested) => requested.includes('odradek.c.'))
      await ask(world, client, nobody, 'two subscriptions')
      await subscribe(client, one, gone)
      await until(world, (requested) => !requested.includes('odradek.a.'))
      await ask(world, client, nobody, 'the slower one')
      await subscribe(client, two, { metrics: '*' })
      await until(world, (requested) => requested.includes('*'))
      await ask(world, client, nobody, 'all metrics')
      await subscribe(client, two, gone)
      await until(world, (requested) => requested.length === 0)
    },
  },
  {
    name: 'telemetry: clients that a subscription picks',
    async run(world) {
      const client = await world.client()
      const name = world.unusedName()
      await subscribe(client, name, {
        metrics: 'odradek.picked.',
        match: 'client_id=wanted-[0-9]+,client_software_name=odradek',
      })
      const wanted = await world.client('wanted', (address) => RawClient.connect(address, 'wanted-12'))
      const software = { clientSoftwareName: 'odradek', clientSoftwareVersion: '1.2' }
      await wanted.quietly(ApiVersions, 3, software)
      const giveUpAt = Date.now() + 10_000
      for (;;) {
        const answer = await wanted.quietly(GetTelemetrySubscriptions, 0, { clientInstanceId: nobody })
        if (answer.requestedMetrics.length > 0 || Date.now() > giveUpAt) break
      }
      await ask(world, wanted, nobody, 'id and software match')
      await ask(world, client, nobody, 'neither matches')
      const nameless = await world.client('nameless', (address) => RawClient.connect(address, 'wanted-13'))
      await ask(world, nameless, nobody, 'the id alone matches')
      const other = await world.client('other', (address) => RawClient.connect(address, 'unwanted-12'))
      await other.quietly(ApiVersions, 3, software)
      await ask(world, other, nobody, 'the software alone matches')
      await subscribe(client, name, gone)
    },
  },
  {
    name: 'telemetry: pushed in time, too early and to the end',
    async run(world) {
      const client = await world.client()
      const { clientInstanceId: id, subscriptionId } = await ask(world, client, nobody, 'no id')
      await push(client, { id, subscriptionId }, 'at once')
      await push(client, { id, subscriptionId }, 'too early')
      await push(client, { id, subscriptionId, terminating: true }, 'the last, early')
      await push(client, { id, subscriptionId, terminating: true }, 'after the last')
      await ask(world, client, id, 'after the last')
    },
  },
  {
    name: 'telemetry: pushed at the interval that was asked for',
    async run(world) {
      const client = await world.client()
      const name = world.unusedName()
      await subscribe(client, name, { metrics: 'odradek.often.', 'interval.ms': '100' })
      await until(world, (requested) => requested.includes('odradek.often.'))
      const { clientInstanceId: id, subscriptionId } = await ask(world, client, nobody, 'no id')
      await push(client, { id, subscriptionId }, 'the first')
      await new Promise((resolve) => setTimeout(resolve, 150))
      await push(client, { id, subscriptionId }, 'the second')
      await new Promise((resolve) => setTimeout(resolve, 150))
      await ask(world, client, id, 'asked again in time')
      await push(client, { id, subscriptionId }, 'after asking again')
      await subscribe(client, name, gone)
      await until(world, (requested) => requested.length === 0)
      await push(client, { id, subscriptionId }, 'to a subscription that has changed')
      const again = await ask(world, client, id, 'which is asked for at once')
      await push(client, { id, subscriptionId: again.subscriptionId }, 'to the new one')
    },
  },
  {
    name: 'telemetry: pushed as it cannot be',
    async run(world) {
      const client = await world.client()
      const fresh = async () => {
        const { clientInstanceId: id, subscriptionId } = await client.quietly(GetTelemetrySubscriptions, 0, {
          clientInstanceId: nobody,
        })
        return { id, subscriptionId }
      }
      await push(client, { id: nobody, subscriptionId: 1 }, 'no id')
      await push(client, { id: reserved, subscriptionId: 1 }, 'a reserved id')
      const known = await fresh()
      await push(client, { ...known, subscriptionId: known.subscriptionId + 1 }, 'another subscription')
      await push(client, known, 'the right one, at once after it')
      await push(client, { ...(await fresh()), compressionType: 9 }, 'an unknown codec')
      await push(client, { ...(await fresh()), compressionType: -1 }, 'a codec below 0')
      await push(client, { ...(await fresh()), bytes: Buffer.alloc(1024 * 1024 + 1) }, 'too large')
      await push(
        client,
        { ...(await fresh()), bytes: Buffer.alloc(1024 * 1024, 0x0a) },
        'as large as it may be',
      )
      await push(client, { ...(await fresh()), bytes: none }, 'nothing')
      await push(client, { id: someone.replace('b2', 'c3'), subscriptionId: 5 }, 'without having asked')
    },
  },
  {
    name: 'telemetry: pushed in every codec',
    async run(world) {
      const client = await world.client()
      for (const [codec, compressionType] of Object.entries(codecs)) {
        const { clientInstanceId: id, subscriptionId } = await client.quietly(GetTelemetrySubscriptions, 0, {
          clientInstanceId: nobody,
        })
        const bytes = compressionType === codecs.gzip ? gzipSync(metrics) : metrics
        await push(client, { id, subscriptionId, compressionType, bytes }, codec)
      }
    },
  },
]
