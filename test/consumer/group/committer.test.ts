import { describe, expect, it } from 'vitest'
import { RetryPolicy } from '../../../src/cluster/index.ts'
import { PartitionState } from '../../../src/consumer/fetch/partition.ts'
import { Committer } from '../../../src/consumer/group/committer.ts'
import { GroupCoordinator } from '../../../src/consumer/group/group-coordinator.ts'
import { GroupOffsets } from '../../../src/consumer/group/group-offsets.ts'
import type { GroupIdentity } from '../../../src/consumer/group/heartbeat.ts'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import type { OffsetCommitRequest } from '../../../src/protocol/messages/offset-commit.ts'
import { bytesSource } from '../../../src/records/index.ts'
import { Deadline } from '../../../src/runtime/deadline.ts'
import { ScriptedCluster } from '../../cluster/support/scripted-cluster.ts'

/** Error codes by `topic-partition` for the next commits, one map a commit; `all` for every partition of it. */
type Refusals = Record<string, keyof typeof ErrorCodes>

async function setUp() {
  const kafka = await ScriptedCluster.start(1)
  const commits: string[] = []
  const refusals: Refusals[] = []
  kafka.on('FindCoordinator', ({ message }) => ({
    coordinators: message.coordinatorKeys.map((key: string) => ({
      key,
      nodeId: 1,
      host: 'kafka-1',
      port: 9092,
    })),
  }))
  kafka.on('OffsetCommit', ({ message }) => {
    const { topics, memberId, generationIdOrMemberEpoch } = message as OffsetCommitRequest
    const refused = refusals.shift() ?? {}
    const list = topics.flatMap(({ name, partitions }) =>
      partitions.map((p) => `${name}-${p.partitionIndex}@${p.committedOffset}`),
    )
    commits.push(`${memberId}/${generationIdOrMemberEpoch}: ${list.join(' ')}`)
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          const refusal = refused[`${name}-${partitionIndex}`] ?? refused.all ?? 'NONE'
          return { partitionIndex, errorCode: ErrorCodes[refusal] }
        }),
      })),
    }
  })
  const cluster = kafka.client()
  const partitions = new Map<string, PartitionState>()
  const add = (partition: number, processed: bigint) => {
    const state = new PartitionState(bytesSource('t', partition), 'earliest')
    state.locatedAt(0n)
    state.processed = processed
    partitions.set(state.key, state)
    return state
  }
  let identity: GroupIdentity | 'nobody' | undefined = {
    memberId: 'm',
    generationId: 3,
    groupInstanceId: null,
  }
  const failures: string[] = []
  const offsets = new GroupOffsets(new GroupCoordinator(cluster, 'g'))
  const committer = new Committer({
    runtime: kafka.world,
    policy: new RetryPolicy(kafka.world.random, 100, 1000),
    offsets,
    partitions,
    identity: () => identity,
    sync: () => {},
    onFailure: (error) => failures.push(error.code),
  })
  const become = (who: typeof identity) => {
    identity = who
  }
  const within = (ms = 10_000) => ({ deadline: Deadline.in(kafka.world.clock, ms) })
  return { kafka, committer, offsets, commits, refusals, failures, add, become, within }
}

describe('committing', () => {
  it('sends what was processed and is not committed yet', async () => {
    const { kafka, committer, commits, add, within } = await setUp()
    const [a, b] = [add(0, 5n), add(1, 7n)]
    b.committed = 7n
    await kafka.run(committer.commitProcessed(within()))
    expect(commits).toEqual(['m/3: t-0@5'])
    expect(a.committed).toBe(5n)
    await kafka.run(committer.commitProcessed(within()))
    expect(commits).toHaveLength(1)
  })

  it('tries again what may be taken later, and only that', async () => {
    const { kafka, committer, commits, refusals, add, within } = await setUp()
    const [a, b] = [add(0, 5n), add(1, 7n)]
    refusals.push({ all: 'COORDINATOR_LOAD_IN_PROGRESS' }, { 't-1': 'COORDINATOR_NOT_AVAILABLE' })
    await kafka.run(committer.commitProcessed(within()))
    expect(commits).toEqual(['m/3: t-0@5 t-1@7', 'm/3: t-0@5 t-1@7', 'm/3: t-1@7'])
    expect([a.committed, b.committed]).toEqual([5n, 7n])
  })

  it('rejects with what is refused for good, and remembers what was taken', async () => {
    const { kafka, committer, refusals, add, within } = await setUp()
    const [a, b] = [add(0, 5n), add(1, 7n)]
    refusals.push({ 't-0': 'OFFSET_METADATA_TOO_LARGE' })
    expect(await kafka.failure(committer.commitProcessed(within()))).toMatchObject({
      code: 'OFFSET_METADATA_TOO_LARGE',
      context: { groupId: 'g', topic: 't', partition: 0 },
    })
    expect([a.committed, b.committed]).toEqual([-1n, 7n])
  })

  it('gives up at the deadline', async () => {
    const { kafka, committer, refusals, add, within } = await setUp()
    add(0, 5n)
    for (let i = 0; i < 100; i++) refusals.push({ all: 'COORDINATOR_LOAD_IN_PROGRESS' })
    const error = await kafka.failure(committer.commitProcessed(within(2_000)))
    expect(error).toMatchObject({ code: 'TIMEOUT', retriable: true })
  })

  it('is refused here already while there is no generation to commit in', async () => {
    const { kafka, committer, commits, add, become, within } = await setUp()
    add(0, 5n)
    become(undefined)
    expect(await kafka.failure(committer.commitProcessed(within()))).toMatchObject({
      code: 'REBALANCE_IN_PROGRESS',
      retriable: false,
    })
    expect(commits).toEqual([])
    become('nobody')
    await kafka.run(committer.commitProcessed(within()))
    expect(commits).toEqual(['/-1: t-0@5'])
  })

  it('keeps its order', async () => {
    const { kafka, committer, commits, refusals, add, within } = await setUp()
    const a = add(0, 5n)
    refusals.push({ all: 'COORDINATOR_LOAD_IN_PROGRESS' })
    const first = committer.commitProcessed(within())
    const second = committer.commit([{ topic: 't', partition: 0, offset: 9n }], within())
    await kafka.run(Promise.all([first, second]))
    expect(commits).toEqual(['m/3: t-0@5', 'm/3: t-0@5', 'm/3: t-0@9'])
    expect(a.committed).toBe(9n)
  })

  it('comes at intervals, and goes on after a failure', async () => {
    const { kafka, committer, commits, refusals, failures, add, become } = await setUp()
    const a = add(0, 1n)
    committer.start(1_000)
    refusals.push({ all: 'ILLEGAL_GENERATION' })
    await kafka.world.advance(1_500)
    expect([commits.length, failures]).toEqual([1, ['ILLEGAL_GENERATION']])
    a.processed = 2n
    await kafka.world.advance(1_000)
    become(undefined)
    a.processed = 3n
    await kafka.world.advance(2_000)
    expect(commits).toEqual(['m/3: t-0@1', 'm/3: t-0@2'])
    committer.stop()
    become('nobody')
    await kafka.world.advance(2_000)
    expect(commits).toHaveLength(2)
  })
})

describe('committed offsets', () => {
  const partitions = [0, 1, 2].map((partition) => ({ topic: 't', partition }))
  const answer = [
    { partitionIndex: 0, committedOffset: 4n, committedLeaderEpoch: 2, metadata: 'note', errorCode: 0 },
    { partitionIndex: 1, committedOffset: -1n, errorCode: 0 },
    { partitionIndex: 2, committedOffset: -1n, errorCode: ErrorCodes.UNSTABLE_OFFSET_COMMIT },
  ]

  it.each([9, 7])('are read in version %i', async (version) => {
    const { kafka, offsets } = await setUp()
    kafka.maxVersions.set('OffsetFetch', version)
    const topics = [{ name: 't', partitions: answer }]
    kafka.on('OffsetFetch', () => (version >= 8 ? { groups: [{ groupId: 'g', topics }] } : { topics }))
    const found = await kafka.run(offsets.fetch(partitions))
    expect(found.get('t-0')).toEqual({
      topic: 't',
      partition: 0,
      offset: 4n,
      leaderEpoch: 2,
      metadata: 'note',
    })
    expect(found.has('t-1')).toBe(false)
    expect(found.get('t-2')).toMatchObject({ code: 'UNSTABLE_OFFSET_COMMIT', retriable: true })
    const [{ message }] = kafka.asked('OffsetFetch')
    expect(message.requireStable).toBe(true)
    expect(version >= 8 ? message.groups[0].groupId : message.groupId).toBe('g')
  })

  it('cannot be read when the group refuses', async () => {
    const { kafka, offsets } = await setUp()
    kafka.on('OffsetFetch', () => ({
      groups: [{ groupId: 'g', topics: [], errorCode: ErrorCodes.GROUP_AUTHORIZATION_FAILED }],
    }))
    expect(await kafka.failure(offsets.fetch(partitions))).toMatchObject({
      code: 'GROUP_AUTHORIZATION_FAILED',
      context: { groupId: 'g' },
    })
  })
})
