import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../src/consumer/group/consumer-protocol.ts'

const partitions = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(50)), { selector: ([t, p]) => `${t}-${p}` })
  .map((list) => list.map(([topic, partition]) => ({ topic, partition })))
const sorted = (list: readonly { topic: string; partition: number }[]) =>
  [...list].sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition))

describe('what members of a group tell each other', () => {
  it('comes back as it was sent', () => {
    const subscription = fc.record({
      topics: fc.array(fc.string()),
      ownedPartitions: partitions,
      generationId: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
      rackId: fc.option(fc.string()),
      userData: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
    })
    fc.assert(
      fc.property(subscription, (sent) => {
        const received = decodeSubscription(encodeSubscription(sent))
        expect({ ...received, ownedPartitions: [] }).toEqual({ ...sent, ownedPartitions: [] })
        expect(sorted(received.ownedPartitions)).toEqual(sorted(sent.ownedPartitions))
      }),
    )
    fc.assert(
      fc.property(partitions, (sent) => {
        expect(sorted(decodeAssignment(encodeAssignment(sent)))).toEqual(sorted(sent))
      }),
    )
  })

  it('is read from old members, which say less', () => {
    const version0 = Buffer.from([0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0xff, 0xff, 0xff, 0xff])
    expect(decodeSubscription(version0)).toEqual({
      topics: ['t'],
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
      userData: null,
    })
  })

  it('is read from newer members, which say more', () => {
    const bytes = Buffer.concat([encodeAssignment([{ topic: 't', partition: 3 }]), Buffer.from('more')])
    bytes.writeInt16BE(99, 0)
    expect(decodeAssignment(bytes)).toEqual([{ topic: 't', partition: 3 }])
  })

  it('is no partition at all when there are no bytes', () => {
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([])
  })

  it('is refused with a typed error when it is broken', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        for (const decode of [decodeAssignment, decodeSubscription]) {
          try {
            decode(Buffer.from(bytes))
          } catch (error) {
            expect(error).toMatchObject({ code: 'PROTOCOL' })
          }
        }
      }),
    )
  })
})
