import { encodeRequestFrame } from '../../../src/protocol/frame.ts'
import {
  ApiVersions,
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  Heartbeat,
} from '../../../src/protocol/messages/index.ts'
import type { Scenario } from '../support/world.ts'

const software = { clientSoftwareName: 'odradek', clientSoftwareVersion: '1.0' }

/** A frame of a header of the older form and what follows. */
function frame(apiKey: number, version: number, ...rest: Buffer[]): Buffer {
  const header = Buffer.alloc(8)
  header.writeInt16BE(apiKey, 0)
  header.writeInt16BE(version, 2)
  header.writeInt32BE(7, 4)
  return framed(header, ...rest)
}

function framed(...pieces: Buffer[]): Buffer {
  const body = Buffer.concat(pieces)
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** The APIs that Kafka 4.3 keeps to itself, or has no more. */
const hiddenApis = [4, 5, 6, 7, 52, 53, 54, 56, 58, 59, 62, 63, 67, 70, 73, 82, 93, 1000, -1]

export const versionScenarios: Scenario[] = [
  {
    name: 'versions: told in every version of ApiVersions',
    async run(world) {
      const client = await world.client()
      for (let version = 0; version <= 4; version++) {
        const { errorCode, apiKeys } = await client.quietly(
          ApiVersions,
          version,
          version >= 3 ? software : {},
        )
        const some = apiKeys.filter(({ apiKey }) => someKeys.has(apiKey))
        world.note(`ApiVersions v${version}`, { errorCode, some })
      }
    },
  },
  {
    name: 'versions: ApiVersions from the future',
    async run(world) {
      for (const version of [5, 6, 99]) {
        const client = await world.client()
        const header = hex('ffff 00') // no client id, no tags
        await client.callBytes(frame(18, version, header, hex('02 61 02 62 00')), `ApiVersions v${version}`)
        // The connection is still of use.
        await client.callBytes(frame(12, 0, hex('0001 63'), groupBeat), 'and a Heartbeat')
      }
    },
  },
  {
    name: 'versions: APIs that are not for clients',
    async run(world) {
      for (const key of hiddenApis) {
        const client = await world.client()
        await client.callBytes(frame(key, 0, hex('ffff'), Buffer.alloc(64)), `API ${key}`)
      }
    },
  },
  {
    name: 'versions: below and above what there is',
    async run(world) {
      const tried: [key: number, version: number][] = [
        [0, 2],
        [0, 14],
        [1, 3],
        [1, 19],
        [2, 0],
        [2, 12],
        [3, 14],
        [8, 1],
        [9, 0],
        [11, 10],
        [19, 1],
        [20, 0],
        [22, 6],
        [23, 1],
        [32, 0],
        [35, 0],
        [34, 0],
        [75, 1],
        [18, -1],
      ]
      for (const [key, version] of tried) {
        const client = await world.client()
        await client.callBytes(frame(key, version, hex('ffff'), Buffer.alloc(64)), `API ${key} v${version}`)
      }
    },
  },
  {
    name: 'versions: the new protocol of groups, where it is switched on and where it is not',
    async run(world) {
      const client = await world.client()
      const topic = await world.topic()
      const groupId = world.groupId()
      const { memberId } = await client.quietly(ConsumerGroupHeartbeat, 0, {
        ...{ groupId, memberId: '', memberEpoch: 0, rebalanceTimeoutMs: 60_000 },
        ...{ subscribedTopicNames: [topic.name], topicPartitions: [] },
      })
      world.alias(memberId ?? '', 'member')
      await client.call(ConsumerGroupHeartbeat, 0, { groupId, memberId: 'nobody', memberEpoch: 5 }, 'unknown')
      await client.call(ConsumerGroupDescribe, 0, { groupIds: [world.unusedName(), ''] })
    },
  },
  {
    name: 'versions: headers that are odd',
    async run(world) {
      const { callBytes } = await tellers(world)
      await callBytes(frame(12, 0, hex('ffff'), groupBeat), 'no client id')
      await callBytes(frame(12, 0, hex('0000'), groupBeat), 'an empty client id')
      await callBytes(frame(12, 0, hex('7fff'), groupBeat), 'a client id that is longer than the request')
      await callBytes(frame(12, 4, hex('ffff 01 2a 02 6162'), flexibleBeat), 'an unknown tag in the header')
      await callBytes(frame(12, 4, hex('ffff 01 2a 7f 6162'), flexibleBeat), 'a tag that is cut off')
      await callBytes(framed(hex('000c')), 'half a header')
      await callBytes(framed(), 'nothing at all')
      await callBytes(framed(hex('000c 0000')), 'no correlation id')
    },
  },
  {
    name: 'versions: bodies that are odd',
    async run(world) {
      const { callBytes } = await tellers(world)
      const header = hex('ffff 00')
      await callBytes(frame(12, 4, header, hex('026700000001026d0000')), 'as it should be')
      await callBytes(frame(12, 4, header, hex('026700000001026d00 01 2a 02 6162')), 'an unknown tag')
      await callBytes(frame(12, 4, header, hex('026700000001026d00 02 2a 00 2b 00')), 'two unknown tags')
      await callBytes(frame(12, 4, header, hex('026700000001026d00 01 2a 05 6162')), 'a tag that is cut off')
      await callBytes(frame(12, 4, header, hex('026700000001026d00 00 ff')), 'a byte too many')
      await callBytes(frame(12, 4, header, hex('026700000001026d')), 'bytes that are missing')
      await callBytes(frame(12, 4, header, hex('006700000001026d0000')), 'a group that is null')
      await callBytes(frame(12, 4, header, hex('ffffffffff')), 'a varint that does not end')
      await callBytes(frame(3, 1, hex('ffff 7fffffff')), 'an array that is longer than the request')
      await callBytes(frame(3, 0, hex('ffff ffffffff')), 'a null array where there is none')
      await callBytes(frame(12, 0, hex('ffff 0002 c328 00000001 0001 6d')), 'text that is not UTF-8')
    },
  },
  {
    name: 'versions: requests one behind the other are answered in turn',
    async run(world) {
      const client = await world.client()
      const beat = (version: number, correlationId: number) =>
        Buffer.concat(
          encodeRequestFrame(Heartbeat, version, correlationId, 'c', {
            groupId: 'g',
            generationId: 1,
            memberId: 'm',
          }),
        )
      const torn = beat(0, -5)
      await client.callBytes(Buffer.concat([beat(4, 3), torn.subarray(0, 5)]), 'one and a piece')
      const rest = Buffer.concat([torn.subarray(5), beat(4, 2), beat(3, 1)])
      await client.callBytes(rest, 'the rest of it and two more')
      await client.callBytes(Buffer.alloc(0), 'and the second')
      await client.callBytes(Buffer.alloc(0), 'and the last')
    },
  },
]

/** What both have and always will. */
const someKeys = new Set([
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 32, 33, 37, 42, 44,
])
const groupBeat = hex('0001 67 00000001 0001 6d')
const flexibleBeat = hex('02 67 00000001 02 6d 00 00')

/** A connection of its own for each request, which may not survive it. */
async function tellers(world: Parameters<Scenario['run']>[0]) {
  return {
    async callBytes(bytes: Buffer, say: string) {
      const client = await world.client()
      await client.callBytes(bytes, say)
    },
  }
}
