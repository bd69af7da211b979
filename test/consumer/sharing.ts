import { describe, expect, it } from 'vitest'
import type { Consumer, ConsumerOptions, Kafka, TopicPartition } from '../../src/index.ts'
import { DescribeGroups } from '../../src/protocol/messages/describe-groups.ts'
import { LeaveGroup } from '../../src/protocol/messages/leave-group.ts'
import { byName, eventually, type Fixture, numbers, take, textOf } from './fixture.ts'

/** So that a rebalance is noticed soon. */
const quick = { heartbeatIntervalMs: 50 }

interface Member {
  consumer: Consumer
  /** What it was given and what was taken from it, as `+t-0,t-1` and `-t-0,t-1`, with `lost` where it was. */
  events: string[]
  values: string[]
  /** Rejects with what the loop threw. */
  done: Promise<void>
  close(): Promise<void>
}

/** What a group of the classic protocol has to do, whatever the broker. */
export function describeSharing(fixture: () => Fixture): void {
  const filled = async (count: number, partitions = 1) => {
    const topic = await fixture().createTopic(partitions)
    for (let partition = 0; partition < partitions; partition++) {
      await fixture().fill(
        topic,
        partition,
        numbers(0, count).map((value) => `${partition}:${value}`),
      )
    }
    return topic
  }

  const start = (
    options: ConsumerOptions,
    kafka: Kafka = fixture().kafka,
    work: () => Promise<void> | void = () => {},
  ): Member => {
    const events: string[] = []
    const values: string[] = []
    const list = (partitions: Iterable<TopicPartition>) => byName(partitions).join()
    const consumer = kafka.consumer({
      ...quick,
      onAssigned: (partitions) => void events.push(`+${list(partitions)}`),
      onRevoked: (partitions, { lost }) => void events.push(`-${list(partitions)}${lost ? ' lost' : ''}`),
      ...options,
    })
    const done = (async () => {
      for await (const record of consumer) {
        values.push(textOf(record))
        await work()
      }
    })()
    done.catch(() => {})
    const close = async () => {
      await consumer.close()
      await done.catch(() => {})
    }
    return { consumer, events, values, done, close }
  }

  /** Until every partition is given to one of the members, and each has `count` of them. */
  const balanced = (members: Member[], counts: number[]) =>
    eventually(
      () => members.every(({ consumer }, index) => consumer.assignment().length === counts[index]),
      `members with ${counts} partitions`,
    )

  const committedOf = async (groupId: string, topic: string, partitions: number) => {
    await using consumer = fixture().kafka.consumer({
      groupId,
      partitions: Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
      autoCommit: false,
    })
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
    const committed = await consumer.committed(all)
    return committed.sort((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))
  }

  describe('commits', () => {
    it('are of what was processed, so the one in hand comes again', async () => {
      const topic = await filled(10)
      const groupId = fixture().name('group')
      const first = fixture().kafka.consumer({ groupId, topics: [topic] })
      for await (const record of first) if (record.offset === 4n) break
      await first.close()
      expect(await committedOf(groupId, topic, 1)).toEqual([4])
      await using second = fixture().kafka.consumer({ groupId, topics: [topic] })
      expect(await take(second, 2)).toEqual(['0:4', '0:5'])
    })

    it('cover the one in hand when it was marked', async () => {
      const topic = await filled(10)
      const groupId = fixture().name('group')
      const consumer = fixture().kafka.consumer({ groupId, topics: [topic] })
      await take(consumer, 3)
      await consumer.close()
      expect(await committedOf(groupId, topic, 1)).toEqual([3])
    })

    it('are made at intervals', async () => {
      const topic = await filled(10)
      const groupId = fixture().name('group')
      await using consumer = fixture().kafka.consumer({ groupId, topics: [topic], autoCommitIntervalMs: 20 })
      await take(consumer, 7)
      await eventually(async () => (await committedOf(groupId, topic, 1))[0] === 7, 'an automatic commit')
    })

    it('are made of the start, too, so that it stays the start', async () => {
      const topic = await filled(10)
      const groupId = fixture().name('group')
      const { consumer, close } = start({ groupId, topics: [topic], autoOffsetReset: 'latest' })
      await eventually(
        () => consumer.assignment().length === 1 && consumer.position({ topic, partition: 0 }) === 10n,
        'a start',
      )
      await close()
      expect(await committedOf(groupId, topic, 1)).toEqual([10])
    })

    it('are left to the application without autoCommit', async () => {
      const topic = await filled(10, 2)
      const groupId = fixture().name('group')
      const consumer = fixture().kafka.consumer({ groupId, topics: [topic], autoCommit: false })
      await take(consumer, 20)
      expect(await committedOf(groupId, topic, 2)).toEqual([])
      await consumer.commit([{ topic, partition: 1, offset: 6n, metadata: 'a note' }])
      expect(await consumer.committed()).toMatchObject([
        { topic, partition: 1, offset: 6n, metadata: 'a note' },
      ])
      await consumer.commit()
      expect(await committedOf(groupId, topic, 2)).toEqual([10, 10])
      await consumer.close()
    })

    it('go to the group also for partitions that were chosen', async () => {
      const topic = await filled(10, 2)
      const groupId = fixture().name('group')
      const read = async (count: number) => {
        await using consumer = fixture().kafka.consumer({ groupId, partitions: [{ topic, partition: 1 }] })
        return await take(consumer, count)
      }
      expect(await read(3)).toEqual(['1:0', '1:1', '1:2'])
      expect(await read(2)).toEqual(['1:3', '1:4'])
    })

    it('are refused without a group', async () => {
      await using consumer = fixture().kafka.consumer({ topics: ['any'] })
      expect(() => consumer.commit()).toThrow(/without a group: give the consumer a groupId/)
      expect(() => consumer.groupMetadata()).toThrow(/without a group/)
    })
  })

  describe('members', () => {
    it('share the partitions as they come and go', async () => {
      const topic = await filled(1, 6)
      const groupId = fixture().name('group')
      const options = { groupId, topics: [topic] }
      const a = start(options)
      await balanced([a], [6])
      const b = start(options)
      await balanced([a, b], [3, 3])
      const c = start(options)
      await balanced([a, b, c], [2, 2, 2])
      expect(byName([a, b, c].flatMap(({ consumer }) => consumer.assignment()))).toHaveLength(6)
      await b.close()
      await balanced([a, c], [3, 3])
      await Promise.all([a.close(), c.close()])
      for (const { events } of [a, b, c]) {
        expect(events.at(-1)).toMatch(/^-/)
        expect(events.some((event) => event.endsWith('lost'))).toBe(false)
      }
      expect([...a.values, ...b.values, ...c.values].sort()).toEqual(numbers(0, 6).map((n) => `${n}:0`))
    })

    it('lose nothing, and repeat only what was in hand, while others come and go', async () => {
      const partitions = 12
      const topic = await fixture().createTopic(partitions)
      const options = { groupId: fixture().name('group'), topics: [topic], autoCommitIntervalMs: 50 }
      const everyone: Member[] = []
      const join = () => {
        everyone.push(start(options))
        return everyone.at(-1)!
      }
      const perRound = 40
      let rounds = 0
      const produce = async () => {
        const round = rounds++
        for (let partition = 0; partition < partitions; partition++) {
          const values = numbers(0, perRound).map((value) => `${partition}:${round}:${value}`.padEnd(200))
          await fixture().fill(topic, partition, values)
        }
      }
      await produce()
      const [a, b] = [join(), join()]
      await produce()
      await balanced([a, b], [6, 6])
      const c = join()
      await produce()
      await balanced([a, b, c], [4, 4, 4])
      await Promise.all([produce(), a.close(), produce()])
      const d = join()
      await produce()
      await balanced([b, c, d], [4, 4, 4])
      await Promise.all([b.close(), c.close(), produce()])
      const expected = partitions * rounds * perRound
      const seen = () => everyone.flatMap(({ values }) => values)
      await eventually(() => new Set(seen()).size === expected, 'every record')
      await d.close()
      expect(await committedOf(options.groupId, topic, partitions)).toEqual(
        Array.from({ length: partitions }, () => rounds * perRound),
      )
      // Each of the four that was closed may have had one record in hand.
      expect(seen().length - expected).toBeLessThanOrEqual(4)
    })

    it('wait for what is in hand before they give partitions back', async () => {
      const topic = await filled(3, 2)
      const groupId = fixture().name('group')
      let goOn = () => {}
      const released = new Promise<void>((resolve) => {
        goOn = resolve
      })
      const a = start({ groupId, topics: [topic] }, fixture().kafka, () => released)
      await eventually(() => a.values.length === 1, 'a record in hand')
      const b = start({ groupId, topics: [topic] })
      await eventually(async () => {
        const { groups } = await fixture().kafka.request({ group: groupId }, DescribeGroups, {
          groups: [groupId],
        })
        return groups[0].groupState === 'PreparingRebalance'
      }, 'a rebalance')
      expect([a.events.length, b.events.length]).toEqual([1, 0])
      goOn()
      await balanced([a, b], [1, 1])
      expect(b.values).not.toContain(a.values[0])
      await Promise.all([a.close(), b.close()])
    })

    it('leave when a record is held for too long, and come back when they ask', async () => {
      const topic = await filled(3, 2)
      const options = { groupId: fixture().name('group'), topics: [topic] }
      const events: string[] = []
      const a = fixture().kafka.consumer({
        ...options,
        ...quick,
        rebalanceTimeoutMs: 200,
        onRevoked: (_, { lost }) => void events.push(lost ? 'lost' : 'revoked'),
      })
      const records = a[Symbol.asyncIterator]()
      const held = (await records.next()).value!
      await eventually(() => events.includes('lost'), 'the partitions to be lost')
      const b = start(options)
      await balanced([b], [2])
      await eventually(() => b.values.length === 6, 'everything, the one that was held included')
      expect(b.values).toContain(textOf(held))
      a.markProcessed(held) // too late, and of no effect
      void records.next().catch(() => {})
      await eventually(() => a.assignment().length === 1, 'its partition back')
      await Promise.all([a.close(), b.close()])
    })

    it('begin anew when the coordinator does not know them any more', async () => {
      const topic = await filled(3)
      const groupId = fixture().name('group')
      const a = start({ groupId, topics: [topic] })
      await eventually(() => a.values.length === 3, 'the records')
      await a.consumer.commit()
      const { memberId } = a.consumer.groupMetadata()
      const members = [{ memberId, groupInstanceId: null, reason: null }]
      await fixture().kafka.request({ group: groupId }, LeaveGroup, { groupId, members })
      await eventually(() => a.events.length === 3, 'another assignment')
      expect(a.events).toEqual([`+${topic}-0`, `-${topic}-0 lost`, `+${topic}-0`])
      expect(a.consumer.groupMetadata().memberId).not.toBe(memberId)
      await fixture().fill(topic, 0, ['more'])
      await eventually(() => a.values.length === 4, 'what was written then')
      await a.close()
    })

    it('keep their partitions over a restart when they are static', async () => {
      const topic = await filled(2, 2)
      const groupId = fixture().name('group')
      const a = start({ groupId, topics: [topic], groupInstanceId: 'one' })
      await balanced([a], [2])
      const b = start({ groupId, topics: [topic], groupInstanceId: 'two' })
      await balanced([a, b], [1, 1])
      const [before] = b.consumer.assignment()
      const eventsOfA = a.events.length
      await b.close()
      const again = start({ groupId, topics: [topic], groupInstanceId: 'two' })
      await balanced([again], [1])
      expect(again.consumer.assignment()).toEqual([before])
      expect(a.events).toHaveLength(eventsOfA)
      await Promise.all([a.close(), again.close()])
    })

    it('are told when another process has taken their static place', async () => {
      const topic = await filled(1)
      const options = { groupId: fixture().name('group'), topics: [topic], groupInstanceId: 'one' }
      const a = start(options)
      await balanced([a], [1])
      const b = start(options)
      await expect(a.done).rejects.toMatchObject({ code: 'FENCED_INSTANCE_ID' })
      await balanced([b], [1])
      await expect(take(a.consumer, 1)).rejects.toMatchObject({ code: 'FENCED_INSTANCE_ID' })
      await Promise.all([a.close(), b.close()])
    })

    it('share partitions that are added, and topics that come to be', async () => {
      const topic = await filled(1, 1)
      const late = fixture().name()
      const options = { groupId: fixture().name('group'), topics: [topic, late] }
      const kafka = fixture().another({ metadataMaxAgeMs: 100 })
      const [a, b] = [start(options, kafka), start(options, kafka)]
      await eventually(
        () => a.consumer.assignment().length + b.consumer.assignment().length === 1,
        'one partition',
      )
      await fixture().addPartitions(topic, 2)
      await balanced([a, b], [1, 1])
      await fixture().createTopicNamed(late, 2)
      await balanced([a, b], [2, 2])
      await fixture().fill(late, 1, ['late'])
      await eventually(() => [...a.values, ...b.values].includes('late'), 'a record of the late topic')
      await Promise.all([a.close(), b.close()])
    })

    it('throw what a callback throws', async () => {
      const topic = await filled(1)
      await using consumer = fixture().kafka.consumer({
        groupId: fixture().name('group'),
        topics: [topic],
        onAssigned: () => Promise.reject(new Error('not today')),
      })
      await expect(take(consumer, 1)).rejects.toThrow('not today')
      expect(await take(consumer, 1)).toEqual(['0:0'])
    })

    it('start where a callback seeks to', async () => {
      const topic = await filled(5)
      const consumer: Consumer = fixture().kafka.consumer({
        groupId: fixture().name('group'),
        topics: [topic],
        onAssigned: (partitions) => {
          for (const partition of partitions) consumer.seek({ ...partition, offset: 3n })
        },
      })
      expect(await take(consumer, 2)).toEqual(['0:3', '0:4'])
      await consumer.close()
    })
  })
}
