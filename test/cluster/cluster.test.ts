import { afterEach, describe, expect, test } from 'vitest'
import { Cluster, type ClusterOptions } from '../../src/cluster/index.ts'
import { ApiVersions } from '../../src/protocol/messages/api-versions.ts'
import { FindCoordinator } from '../../src/protocol/messages/find-coordinator.ts'
import { ListGroups } from '../../src/protocol/messages/list-groups.ts'
import { Metadata } from '../../src/protocol/messages/metadata.ts'
import { offering, type ReceivedRequest, type Script, ScriptedBroker } from './support/scripted-broker.ts'

const topicId = 'BBBBBBBBBBBBBBBBBBBBBA'
const closing: { close(): Promise<void> }[] = []

afterEach(async () => {
  while (closing.length > 0) await closing.pop()!.close()
})

async function scripted(script: Script, port?: number): Promise<ScriptedBroker> {
  const broker = await ScriptedBroker.start(script, port)
  closing.push(broker)
  return broker
}

function clusterOf(brokers: string[], options: Partial<ClusterOptions> = {}): Cluster {
  const quick = { retryBackoffMs: 1, retryBackoffMaxMs: 5, reconnectBackoffMs: 1, reconnectBackoffMaxMs: 5 }
  const cluster = new Cluster({ brokers, ...quick, ...options })
  closing.push(cluster)
  return cluster
}

const everything = (coordinatorMax = 6, metadataMax = 13) =>
  offering(
    [
      { key: ApiVersions.key, min: 0, max: 4 },
      { key: Metadata.key, min: 0, max: metadataMax },
      { key: FindCoordinator.key, min: 0, max: coordinatorMax },
      { key: ListGroups.key, min: 0, max: 5 },
    ],
    { epoch: 7n, features: { 'group.version': 1, 'transaction.version': 2 } },
  )

/** Metadata that names these brokers and, for each topic asked for, one partition led by the first of them. */
function metadata(nodes: readonly { id: number; port: number }[], request: ReceivedRequest): object {
  return {
    clusterId: 'c',
    controllerId: nodes[0].id,
    brokers: nodes.map(({ id, port }) => ({ nodeId: id, host: '127.0.0.1', port })),
    topics: request.message.topics.map(({ name }: { name: string }) => ({
      name,
      topicId,
      partitions: [
        { partitionIndex: 0, leaderId: nodes[0].id, leaderEpoch: 1, replicaNodes: [], isrNodes: [] },
      ],
    })),
  }
}

/** A broker with id 1 that answers ApiVersions and Metadata, and the rest by `more`. */
async function ordinary(more: Script = () => ({})): Promise<ScriptedBroker> {
  const broker: ScriptedBroker = await scripted((request) => {
    if (request.api === 'ApiVersions') return everything()
    if (request.api === 'Metadata') return metadata([{ id: 1, port: broker.port }], request)
    return more(request)
  })
  return broker
}

describe('metadata', () => {
  test('is asked for once by all who ask at the same time', async () => {
    const broker = await ordinary()
    const cluster = clusterOf([broker.address])
    const [[a], [b], [c]] = await Promise.all([
      cluster.topics(['a']),
      cluster.topics(['b']),
      cluster.topics(['a']),
    ])
    expect([a.name, b.name, c.name]).toEqual(['a', 'b', 'a'])
    expect(broker.count('Metadata')).toBe(1)
  })

  test('a topic that the request on its way does not cover goes into the next one', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const broker: ScriptedBroker = await scripted(async (request) => {
      if (request.api === 'ApiVersions') return everything()
      if (broker.count('Metadata') === 1) await held
      return metadata([{ id: 1, port: broker.port }], request)
    })
    const cluster = clusterOf([broker.address])
    const first = cluster.topics(['a'])
    await expect.poll(() => broker.count('Metadata')).toBe(1)
    const later = Promise.all([cluster.topics(['a']), cluster.topics(['b']), cluster.topics(['c'])])
    release()
    await Promise.all([first, later])
    const asked = broker.requests
      .filter(({ api }) => api === 'Metadata')
      .map(({ message }) => message.topics.length)
    expect(asked).toEqual([1, 3])
  })

  test('waits for a topic that appears, and fails with the reason when it does not', async () => {
    const broker: ScriptedBroker = await scripted((request) => {
      if (request.api === 'ApiVersions') return everything()
      const told = metadata([{ id: 1, port: broker.port }], request) as { topics: object[] }
      if (broker.count('Metadata') >= 3) return told
      return { ...told, topics: told.topics.map((topic) => ({ ...topic, errorCode: 3, partitions: [] })) }
    })
    const cluster = clusterOf([broker.address])
    await expect(cluster.topics(['late'], { timeoutMs: 0 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      cause: { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
    })
    expect((await cluster.topics(['late']))[0].name).toBe('late')
  })

  test('rejects at once for a topic whose name is refused', async () => {
    const broker: ScriptedBroker = await scripted((request) => {
      if (request.api === 'ApiVersions') return everything()
      const told = metadata([{ id: 1, port: broker.port }], request) as { topics: object[] }
      return { ...told, topics: told.topics.map((topic) => ({ ...topic, errorCode: 17, partitions: [] })) }
    })
    await expect(clusterOf([broker.address]).topics(['?'])).rejects.toMatchObject({
      code: 'INVALID_TOPIC_EXCEPTION',
      context: { topic: '?' },
    })
    expect(broker.count('Metadata')).toBe(1)
  })

  test('is refreshed by age', async () => {
    const broker = await ordinary()
    const cluster = clusterOf([broker.address], { metadataMaxAgeMs: 5 })
    await cluster.topics(['a'])
    await expect.poll(() => broker.count('Metadata')).toBeGreaterThan(2)
  })

  test('an abort rejects the one who waits and nobody else', async () => {
    const broker: ScriptedBroker = await scripted(async (request) => {
      if (request.api === 'ApiVersions') return everything()
      if (!aborted.signal.aborted)
        await new Promise((resolve) => aborted.signal.addEventListener('abort', resolve))
      return metadata([{ id: 1, port: broker.port }], request)
    })
    const aborted = new AbortController()
    const cluster = clusterOf([broker.address])
    const waiting = cluster.topics(['a'], { signal: aborted.signal })
    const other = cluster.topics(['a'])
    await expect.poll(() => broker.count('Metadata')).toBe(1)
    aborted.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
    expect((await other)[0].name).toBe('a')
  })
})

describe('bootstrap', () => {
  test('takes the first address that answers', async () => {
    const broker = await ordinary()
    const dead = await scripted(() => undefined)
    const cluster = clusterOf([dead.address, broker.address])
    await cluster.refresh()
    expect(cluster.brokers().map(({ id }) => id)).toEqual([1])
  })

  test('an unreachable cluster fails with what was tried, within the deadline', async () => {
    const dead = await scripted(() => undefined)
    const refused = clusterOf([dead.address]).refresh({ timeoutMs: 50 })
    await expect(refused).rejects.toMatchObject({ code: 'TIMEOUT', cause: { code: 'CONNECTION_LOST' } })
    await expect(refused).rejects.toThrow(dead.address)
  })

  test('comes again when the known brokers are gone', async () => {
    let told: { id: number; port: number }[] = []
    const bootstrap = await scripted((request) =>
      request.api === 'ApiVersions' ? everything() : metadata(told, request),
    )
    const first = await ordinary()
    told = [{ id: 1, port: first.port }]
    const cluster = clusterOf([bootstrap.address])
    await cluster.refresh()
    await cluster.refresh()
    expect(first.count('Metadata')).toBe(1)
    const second = await ordinary()
    told = [{ id: 2, port: second.port }]
    await first.close()
    closing.splice(closing.indexOf(first), 1)
    await cluster.refresh()
    expect(cluster.brokers().map(({ id }) => id)).toEqual([2])
  })

  test('comes again when a broker answers REBOOTSTRAP_REQUIRED', async () => {
    const bootstrap: ScriptedBroker = await scripted((request) =>
      request.api === 'ApiVersions' ? everything() : metadata([{ id: 1, port: stale.port }], request),
    )
    const stale = await scripted((request) =>
      request.api === 'ApiVersions' ? everything() : { errorCode: 129 },
    )
    const cluster = clusterOf([bootstrap.address])
    await cluster.refresh()
    await cluster.refresh()
    expect([stale.count('Metadata'), bootstrap.count('Metadata')]).toEqual([1, 2])
  })

  test('comes again when no metadata came for too long', async () => {
    const bootstrap: ScriptedBroker = await scripted((request) =>
      request.api === 'ApiVersions' ? everything() : metadata([{ id: 1, port: silent.port }], request),
    )
    const silent = await scripted((request) =>
      request.api === 'ApiVersions' ? everything() : new Promise<object>(() => {}),
    )
    const cluster = clusterOf([bootstrap.address], {
      requestTimeoutMs: 40,
      metadataRecoveryRebootstrapTriggerMs: 20,
    })
    await cluster.refresh()
    await cluster.refresh()
    expect(silent.count('Metadata')).toBe(1)
    expect(bootstrap.count('Metadata')).toBe(2)
  })
})

describe('coordinators', () => {
  const found = (port: number, request: ReceivedRequest) =>
    request.version >= 4
      ? {
          coordinators: request.message.coordinatorKeys.map((key: string) => ({
            key,
            nodeId: 9,
            host: '127.0.0.1',
            port,
          })),
        }
      : { nodeId: 9, host: '127.0.0.1', port }

  test('of keys that are asked for together are found in one request, and kept', async () => {
    const broker: ScriptedBroker = await ordinary((request) => found(broker.port, request))
    const cluster = clusterOf([broker.address])
    const ids = await Promise.all(['a', 'b', 'c', 'a'].map((key) => cluster.coordinator('group', key)))
    expect(ids).toEqual([9, 9, 9, 9])
    expect(await cluster.coordinator('group', 'a')).toBe(9)
    expect(broker.count('FindCoordinator')).toBe(1)
    cluster.forgetCoordinator('group', 'a', 8)
    await cluster.coordinator('group', 'a')
    expect(broker.count('FindCoordinator')).toBe(1)
    cluster.forgetCoordinator('group', 'a', 9)
    await cluster.coordinator('group', 'a')
    expect(broker.count('FindCoordinator')).toBe(2)
  })

  test('are found one by one where the broker cannot do better', async () => {
    const broker: ScriptedBroker = await scripted((request) => {
      if (request.api === 'ApiVersions') return everything(3)
      if (request.api === 'Metadata') return metadata([{ id: 1, port: broker.port }], request)
      return found(broker.port, request)
    })
    const cluster = clusterOf([broker.address])
    await Promise.all([cluster.coordinator('group', 'a'), cluster.coordinator('transaction', 'b')])
    const asked = broker.requests
      .filter(({ api }) => api === 'FindCoordinator')
      .map(({ message }) => message.key)
    expect(asked.sort()).toEqual(['a', 'b'])
  })

  test('are asked for again while there is none', async () => {
    const broker: ScriptedBroker = await ordinary((request) => {
      if (broker.count('FindCoordinator') >= 3) return found(broker.port, request)
      return { coordinators: [{ key: 'g', errorCode: 15, nodeId: -1, host: '', port: -1 }] }
    })
    expect(await clusterOf([broker.address]).coordinator('group', 'g')).toBe(9)
  })
})

describe('requests', () => {
  test('are retried when the connection breaks, and not when told so', async () => {
    const broker: ScriptedBroker = await ordinary(() =>
      broker.count('ListGroups') % 2 === 1 ? undefined : {},
    )
    const cluster = clusterOf([broker.address])
    await expect(cluster.request({ anyBroker: true }, ListGroups, {})).resolves.toMatchObject({
      errorCode: 0,
    })
    expect(broker.count('ListGroups')).toBe(2)
    const once = cluster.request({ anyBroker: true }, ListGroups, {}, { retry: false })
    await expect(once).rejects.toMatchObject({ code: 'CONNECTION_LOST', retriable: true })
    expect(broker.count('ListGroups')).toBe(3)
  })

  test('go to the new coordinator after NOT_COORDINATOR', async () => {
    const broker: ScriptedBroker = await ordinary((request) => {
      if (request.api === 'ListGroups') return { errorCode: broker.count('ListGroups') === 1 ? 16 : 0 }
      return {
        coordinators: [{ key: 'g', nodeId: 1, host: '127.0.0.1', port: broker.port }],
      }
    })
    const cluster = clusterOf([broker.address])
    await cluster.request({ group: 'g' }, ListGroups, {})
    expect([broker.count('ListGroups'), broker.count('FindCoordinator')]).toEqual([2, 2])
  })

  test('the error in the end names attempts, time and cause', async () => {
    const broker = await ordinary(() => undefined)
    const cluster = clusterOf([broker.address])
    await expect(
      cluster.request({ anyBroker: true }, ListGroups, {}, { timeoutMs: 60 }),
    ).rejects.toMatchObject({
      code: 'TIMEOUT',
      context: { attempts: expect.any(Number), elapsedMs: expect.any(Number) },
      cause: { code: 'CONNECTION_LOST' },
    })
  })

  test('after close reject, and so does what was outstanding', async () => {
    const broker = await ordinary(() => new Promise<object>(() => {}))
    const cluster = clusterOf([broker.address])
    const outstanding = cluster.request({ anyBroker: true }, ListGroups, {})
    const settled = expect(outstanding).rejects.toMatchObject({ code: 'CLOSED' })
    await expect.poll(() => broker.count('ListGroups')).toBe(1)
    await cluster.close()
    await settled
    await expect(cluster.request({ anyBroker: true }, ListGroups, {})).rejects.toMatchObject({
      code: 'CLOSED',
    })
  })
})

test('finalized features are known, and absent ones are at level 0', async () => {
  const features = await clusterOf([(await ordinary()).address]).features()
  expect([
    features.level('group.version'),
    features.level('transaction.version'),
    features.level('x'),
  ]).toEqual([1, 2, 0])
})

test.each([
  [{ brokers: [] }, 'brokers'],
  [{ brokers: ['localhost'] }, 'brokers'],
  [{ brokers: ['localhost:99999'] }, 'brokers'],
  [{ brokers: ['a:1'], metadataMaxAgeMs: -1 }, 'metadataMaxAgeMs'],
  [{ brokers: ['a:1'], cliendId: 'x' }, "did you mean 'clientId'"],
])('refuses %j', (options, said) => {
  expect(() => new Cluster(options as ClusterOptions)).toThrow(said)
})
