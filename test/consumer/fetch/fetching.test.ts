import { describe, expect, it } from 'vitest'
import { Consumer, type ConsumerOptions } from '../../../src/consumer/index.ts'
import type { KafkaError } from '../../../src/errors.ts'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import { ZERO_UUID } from '../../../src/protocol/reader.ts'
import { idOf, ScriptedCluster } from '../../cluster/support/scripted-cluster.ts'
import { ScriptedLogs } from '../scripted-logs.ts'
import { batchOf } from '../support.ts'

async function setUp(options: Partial<ConsumerOptions> = {}, leaders = [1, 2]) {
  const kafka = await ScriptedCluster.start(1, 2)
  kafka.topic('t', { leaders })
  const logs = new ScriptedLogs(kafka)
  const cluster = kafka.client()
  const troubles: string[] = []
  const consumer = new Consumer(cluster, {
    topics: ['t'],
    onError: (error: KafkaError) => void troubles.push(error.code),
    ...options,
  })
  /** The next records, as `partition:offset`, in the order in which they come; partitions may come in any order. */
  const take = async (count: number) => {
    const taken: string[] = []
    for await (const record of consumer) {
      taken.push(`${record.partition}:${record.offset}`)
      if (taken.length < count) continue
      consumer.markProcessed(record)
      break
    }
    return taken.sort()
  }
  /** What each Fetch asked for, as `broker: session/epoch partition@offset.. -forgotten`. */
  const fetches = () =>
    [1, 2].flatMap((brokerId) =>
      kafka.asked('Fetch', brokerId).map(({ message }) => {
        const asked = message.topics.flatMap(
          ({ partitions }: { partitions: { partition: number; fetchOffset: bigint }[] }) =>
            partitions.map(({ partition, fetchOffset }) => ` ${partition}@${fetchOffset}`),
        )
        const gone = message.forgottenTopicsData.flatMap(({ partitions }: { partitions: number[] }) =>
          partitions.map((partition) => ` -${partition}`),
        )
        return `${brokerId}: ${message.sessionId}/${message.sessionEpoch}${asked.join('')}${gone.join('')}`
      }),
    )
  const close = async () => {
    await kafka.run(consumer.close())
    await kafka.run(cluster.close())
    await kafka.world.settle()
  }
  return { kafka, logs, cluster, consumer, take, fetches, troubles, close }
}

describe('fetching', () => {
  it('asks each leader for its partitions, and goes on through a session', async () => {
    const { kafka, logs, take, fetches, close } = await setUp({}, [1, 1])
    logs.append('t-0', batchOf(0, 2))
    logs.append('t-1', batchOf(0, 1))
    expect(await kafka.run(take(3))).toEqual(['0:0', '0:1', '1:0'])
    const rest = take(1)
    await kafka.world.settle()
    logs.append('t-1', batchOf(1, 1))
    expect(await kafka.run(rest)).toEqual(['1:1'])
    expect(fetches()).toEqual(['1: 0/0 0@0 1@0', '1: 100/1 0@2 1@1', '1: 100/2 1@2'])
    await close()
  })

  it('asks as the options say', async () => {
    const options = { minBytes: 7, maxWaitMs: 123, maxBytes: 1000, maxPartitionBytes: 99, rack: 'r1' }
    const { kafka, logs, take, close } = await setUp({ ...options, isolationLevel: 'read_uncommitted' }, [1])
    logs.append('t-0', batchOf(0, 1))
    await kafka.run(take(1))
    const [{ message }] = kafka.asked('Fetch')
    expect(message).toMatchObject({
      minBytes: 7,
      maxWaitMs: 123,
      maxBytes: 1000,
      rackId: 'r1',
      isolationLevel: 0,
    })
    expect(message.topics[0]).toMatchObject({
      topicId: idOf('t'),
      partitions: [{ partitionMaxBytes: 99, currentLeaderEpoch: 1 }],
    })
    await close()
  })

  it('names topics where brokers do not know their ids', async () => {
    const { kafka, logs, take, close } = await setUp({}, [1])
    kafka.maxVersions.set('Fetch', 12)
    logs.append('t-0', batchOf(0, 2))
    expect(await kafka.run(take(2))).toEqual(['0:0', '0:1'])
    expect(kafka.asked('Fetch')[0]).toMatchObject({ version: 12, message: { topics: [{ topic: 't' }] } })
    await close()
  })

  it('names topics whose ids are not known, whatever brokers can', async () => {
    const { kafka, logs, take, close } = await setUp({}, [1])
    kafka.topic('t', { leaders: [1], topicId: ZERO_UUID })
    logs.append('t-0', batchOf(0, 2))
    expect(await kafka.run(take(2))).toEqual(['0:0', '0:1'])
    expect(kafka.asked('Fetch')[0].version).toBe(12)
    await close()
  })

  it('starts a new session when the broker has forgotten the old one', async () => {
    const { kafka, logs, take, fetches, troubles, close } = await setUp({}, [1])
    logs.append('t-0', batchOf(0, 1))
    await kafka.run(take(1))
    const rest = take(1)
    await kafka.world.settle()
    logs.forgetSessions()
    await kafka.world.advance(500) // the answer to what was held names no session error yet
    logs.append('t-0', batchOf(1, 1))
    expect(await kafka.run(rest)).toEqual(['0:1'])
    expect(fetches().slice(0, 4)).toEqual(['1: 0/0 0@0', '1: 100/1 0@1', '1: 100/2', '1: 0/0 0@1'])
    expect(troubles).toEqual([])
    await close()
  })

  it('goes on after a broken connection, and other brokers do not notice', async () => {
    const { kafka, logs, take, troubles, close } = await setUp()
    logs.append('t-0', batchOf(0, 1))
    logs.append('t-1', batchOf(0, 1))
    await kafka.run(take(2))
    await kafka.down(1)
    const fromTheOther = take(1)
    logs.append('t-1', batchOf(1, 1))
    expect(await kafka.run(fromTheOther)).toEqual(['1:1'])
    logs.append('t-0', batchOf(1, 1))
    const back = take(1)
    await kafka.world.advance(3_000)
    await kafka.up(1)
    expect(await kafka.run(back)).toEqual(['0:1'])
    expect(troubles).toContain('CONNECTION_LOST')
    await close()
  })

  it('follows a leader that an answer names, without asking for metadata', async () => {
    const { kafka, logs, take, close } = await setUp({}, [1])
    logs.answer('t-0', {
      errorCode: ErrorCodes.NOT_LEADER_OR_FOLLOWER,
      currentLeader: { leaderId: 2, leaderEpoch: 5 },
    })
    logs.append('t-0', batchOf(0, 1))
    const before = kafka.world.clock.monotonicMs()
    expect(await kafka.run(take(1))).toEqual(['0:0'])
    expect(kafka.world.clock.monotonicMs() - before).toBeLessThan(50) // no pause for news that is good
    expect(kafka.asked('Fetch', 2)[0].message.topics[0].partitions[0].currentLeaderEpoch).toBe(5)
    await close()
  })

  it.each([
    'FENCED_LEADER_EPOCH',
    'UNKNOWN_LEADER_EPOCH',
    'NOT_LEADER_OR_FOLLOWER',
    'UNKNOWN_TOPIC_ID',
  ] as const)('asks for metadata after %s, and goes on with what that says', async (name) => {
    const { kafka, logs, take, troubles, close } = await setUp({}, [1])
    logs.answer('t-0', { errorCode: ErrorCodes[name] })
    logs.append('t-0', batchOf(0, 1))
    const records = take(1)
    await kafka.world.settle()
    kafka.topic('t', { leaders: [2], leaderEpoch: 9 })
    expect(await kafka.run(records)).toEqual(['0:0'])
    expect(kafka.asked('Fetch', 2)[0].message.topics[0].partitions[0].currentLeaderEpoch).toBe(9)
    expect(troubles).toEqual([name])
    await close()
  })

  it('throws what no trying helps against, and goes on with the other partitions', async () => {
    const { kafka, logs, take, close } = await setUp({}, [1, 1])
    const refused = { errorCode: ErrorCodes.TOPIC_AUTHORIZATION_FAILED }
    logs.answer('t-0', refused, refused, refused)
    expect(await kafka.failure(take(1))).toMatchObject({
      code: 'TOPIC_AUTHORIZATION_FAILED',
      context: { topic: 't', partition: 0 },
    })
    logs.append('t-1', batchOf(0, 1))
    const taken: string[] = []
    while (taken.length === 0)
      await kafka.run(
        take(1).then(
          (records) => taken.push(...records),
          () => {},
        ),
      )
    expect(taken).toEqual(['1:0'])
    await close()
  })

  it('fetches damaged records again, and throws when they are damaged in the log', async () => {
    const { kafka, logs, take, close } = await setUp({}, [1])
    const damaged = batchOf(0, 2)
    damaged[damaged.length - 1] ^= 1
    logs.answer('t-0', { records: damaged })
    logs.append('t-0', batchOf(0, 2))
    expect(await kafka.run(take(2))).toEqual(['0:0', '0:1'])
    const damagedToo = batchOf(2, 1)
    damagedToo[damagedToo.length - 1] ^= 1
    logs.append('t-0', damagedToo)
    expect(await kafka.failure(take(1))).toMatchObject({ code: 'CORRUPT_RECORDS', context: { offset: 2n } })
    await close()
  })

  it('hands out what comes before damaged records, and passes them by when it is told to', async () => {
    const { kafka, logs, consumer, take, close } = await setUp({}, [1])
    const damaged = batchOf(2, 1)
    damaged[damaged.length - 1] ^= 1
    for (const batch of [batchOf(0, 2), damaged, batchOf(3, 1)]) logs.append('t-0', batch)
    expect(await kafka.run(take(2))).toEqual(['0:0', '0:1'])
    expect(await kafka.failure(take(1))).toMatchObject({ code: 'CORRUPT_RECORDS', context: { offset: 2n } })
    consumer.seek({ topic: 't', partition: 0, offset: 3n })
    expect(await kafka.run(take(1))).toEqual(['0:3'])
    await close()
  })

  it('reads from a replica that the leader names, until that has not what is asked for', async () => {
    const { kafka, logs, take, close } = await setUp({ rack: 'near' }, [1])
    logs.answer('t-0', { preferredReadReplica: 2 })
    logs.append('t-0', batchOf(0, 1))
    expect(await kafka.run(take(1))).toEqual(['0:0'])
    expect(kafka.asked('Fetch', 2)).not.toHaveLength(0)
    const asked = kafka.asked('Fetch', 1).length
    logs.answer('t-0', { errorCode: ErrorCodes.OFFSET_OUT_OF_RANGE })
    const rest = take(1)
    await kafka.world.advance(1_000)
    logs.append('t-0', batchOf(1, 1))
    expect(await kafka.run(rest)).toEqual(['0:1'])
    expect(kafka.asked('Fetch', 1).length).toBeGreaterThan(asked)
    expect(kafka.asked('ListOffsets')).toHaveLength(1) // it was not taken for a position that is lost
    await close()
  })

  it('begins a topic anew that was made again', async () => {
    const { kafka, logs, take, close } = await setUp({}, [1])
    logs.append('t-0', batchOf(0, 3))
    await kafka.run(take(3))
    logs.answer('t-0', { errorCode: ErrorCodes.UNKNOWN_TOPIC_ID })
    const again = take(1)
    kafka.topic('t', { leaders: [1], leaderEpoch: 0, topicId: idOf('u') })
    kafka.topic('u', { leaders: [1] })
    await kafka.world.advance(1_000)
    expect(kafka.asked('ListOffsets')).toHaveLength(2)
    await close()
    await again
  })

  it('does not let a request be held that leaves a partition out', async () => {
    const { kafka, logs, consumer, close } = await setUp({ maxPartitionBytes: 100 }, [1, 1])
    logs.append('t-0', batchOf(0, 20))
    const records = consumer[Symbol.asyncIterator]()
    await kafka.run(records.next())
    logs.append('t-0', batchOf(20, 20))
    await kafka.world.settle()
    const before = kafka.asked('Fetch').length
    await kafka.world.advance(200)
    // t-0 has all it may; t-1 has nothing, and is asked for now and then without a wait.
    const requests = kafka.asked('Fetch').slice(before)
    expect(requests.length).toBeGreaterThan(5)
    expect(requests.length).toBeLessThan(20)
    expect(requests.every(({ message }) => message.maxWaitMs === 0)).toBe(true)
    // As soon as t-0 is wanted again, it is asked for, and the broker may hold the request again.
    for (let i = 0; i < 39; i++) await kafka.run(records.next())
    logs.append('t-0', batchOf(40, 1))
    expect((await kafka.run(records.next())).value?.offset).toBe(40n)
    await kafka.world.settle()
    expect(kafka.asked('Fetch').at(-1)!.message.maxWaitMs).toBe(500)
    await close()
  })

  it('comes back to a partition after its pause, however long the broker may hold the others', async () => {
    const { kafka, logs, take, close } = await setUp({}, [1, 1])
    logs.answer('t-0', { errorCode: ErrorCodes.KAFKA_STORAGE_ERROR })
    logs.append('t-0', batchOf(0, 1))
    const before = kafka.world.clock.monotonicMs()
    expect(await kafka.run(take(1))).toEqual(['0:0'])
    expect(kafka.world.clock.monotonicMs() - before).toBeLessThan(200)
    expect(kafka.asked('Fetch').length).toBeLessThan(5)
    await close()
  })

  it('leaves no timer and no connection when it is closed', async () => {
    const { kafka, logs, take, close } = await setUp()
    logs.append('t-0', batchOf(0, 1))
    await kafka.run(take(1))
    await close()
    await kafka.world.advance(1_000)
    expect(kafka.world.waitingTimers).toBe(0)
  })
})
