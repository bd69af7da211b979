/** What the generated code does beyond bytes: defaults, fields that a version lacks, nulls, tags. */
import { describe, expect, it } from 'vitest'
import type { Draft, Message } from '../../src/protocol/message.ts'
import {
  AlterPartitionReassignments,
  apiByKey,
  apis,
  DescribeTopicPartitions,
  Fetch,
  type FetchRequest,
  InitProducerId,
  JoinGroup,
  Metadata,
  OffsetFetch,
  Produce,
  RequestHeader,
} from '../../src/protocol/messages/index.ts'
import { ZERO_UUID } from '../../src/protocol/reader.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { decode, encode, protocolErrorOf } from './support.ts'

describe('fields that are left out', () => {
  it('take the defaults of the schema', () => {
    expect(decode(Fetch.request, encode(Fetch.request, {}, 12), 12)).toEqual({
      clusterId: null,
      replicaId: -1,
      replicaState: { replicaId: -1, replicaEpoch: -1n },
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 0x7fffffff,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [],
      forgottenTopicsData: [],
      rackId: '',
    })
  })

  it('take them in nested structures too', () => {
    const draft: Draft<FetchRequest> = { topics: [{ partitions: [{ partition: 3 }] }] }
    expect(decode(Fetch.request, encode(Fetch.request, draft, 18), 18).topics).toEqual([
      {
        topic: '',
        topicId: ZERO_UUID,
        partitions: [
          {
            partition: 3,
            currentLeaderEpoch: -1,
            fetchOffset: 0n,
            lastFetchedEpoch: -1,
            logStartOffset: -1n,
            partitionMaxBytes: 0,
            replicaDirectoryId: ZERO_UUID,
            highWatermark: 9223372036854775807n,
          },
        ],
      },
    ])
  })

  it('may be undefined, which is not null', () => {
    const bytes = encode(Metadata.request, { topics: undefined }, 1)
    expect(bytes).toEqual(encode(Metadata.request, { topics: [] }, 1))
    expect(bytes).not.toEqual(encode(Metadata.request, { topics: null }, 1))
  })
})

describe('fields that a version does not carry', () => {
  const refused: [string, Message<never>, unknown, number, string][] = [
    [
      'a number',
      Fetch.request as never,
      { topics: [{ partitions: [{ lastFetchedEpoch: 1 }] }] },
      11,
      'lastFetchedEpoch',
    ],
    ['an array', Fetch.request as never, { forgottenTopicsData: [{}] }, 6, 'forgottenTopicsData'],
    [
      'a structure with a tag',
      Fetch.request as never,
      { replicaState: { replicaEpoch: 1n } },
      14,
      'replicaState',
    ],
    ['one that a later version dropped', Fetch.request as never, { replicaId: 5 }, 15, 'replicaId'],
    ['a nullable string', JoinGroup.request as never, { groupInstanceId: 'me' }, 4, 'groupInstanceId'],
    [
      'a flag whose default is true',
      AlterPartitionReassignments.request as never,
      { allowReplicationFactorChange: false },
      0,
      'allowReplicationFactorChange',
    ],
  ]
  it.each(refused)('are refused when set: %s', (_, message, draft, version, field) => {
    const error = protocolErrorOf(() => encode(message, draft as never, version))
    expect(error.message).toContain(`${message.name} v${version}: field ${field} was set`)
    expect(error.context).toMatchObject({ message: message.name, version, field })
  })

  it('are let go when the schema says ignorable', () => {
    expect(encode(Fetch.request, { rackId: 'a' }, 10)).toEqual(encode(Fetch.request, {}, 10))
    expect(encode(Fetch.request, { clusterId: 'c' }, 11)).toEqual(encode(Fetch.request, {}, 11))
  })

  it('may be set to their default', () => {
    const draft = { replicaState: { replicaId: -1 }, forgottenTopicsData: [] }
    expect(encode(Fetch.request, draft, 6)).toEqual(encode(Fetch.request, {}, 6))
  })
})

describe('null', () => {
  it('is refused where the version has none, when writing', () => {
    expect(protocolErrorOf(() => encode(JoinGroup.response, { protocolName: null }, 6)).message).toContain(
      'is null',
    )
    expect(
      protocolErrorOf(() => encode(Metadata.request, { topics: [{ name: null }] }, 9)).message,
    ).toContain('field name is null')
    expect(
      decode(JoinGroup.response, encode(JoinGroup.response, { protocolName: null }, 7), 7).protocolName,
    ).toBeNull()
  })

  it('is refused where the version has none, when reading', () => {
    const bytes = encode(JoinGroup.response, { protocolName: '' }, 6)
    const at = 4 + 2 + 4 // throttle time, error code, generation
    bytes[at] = 0 // the compact length of null
    expect(protocolErrorOf(() => decode(JoinGroup.response, bytes, 6)).message).toContain('protocolName')
  })

  it('is a byte before a nullable structure', () => {
    const { request } = DescribeTopicPartitions
    const cursor = { topicName: 't', partitionIndex: 4 }
    expect(decode(request, encode(request, {}, 0), 0).cursor).toBeNull()
    expect(decode(request, encode(request, { cursor }, 0), 0).cursor).toEqual(cursor)
  })

  it('is not the same as an empty array', () => {
    const { request } = OffsetFetch
    const groups = [
      { groupId: 'a', topics: null },
      { groupId: 'b', topics: [] },
    ]
    const decoded = decode(request, encode(request, { groups }, 8), 8)
    expect(decoded.groups.map(({ topics }) => topics)).toEqual([null, []])
  })
})

describe('tagged fields', () => {
  const { request } = Fetch
  const empty = encode(request, {}, 17)

  it('are left out at their default', () => {
    expect(empty.at(-1)).toBe(0)
    expect(encode(request, { clusterId: null, replicaState: { replicaId: -1 } }, 17)).toEqual(empty)
  })

  function withTags(hex: string): Buffer {
    return Buffer.concat([empty.subarray(0, -1), Buffer.from(hex.replaceAll(' ', ''), 'hex')])
  }

  it('that are known are read, in any order, the last one counting', () => {
    const state = '01 0d 00000007 0000000000000008 00'
    const decoded = decode(request, withTags(`03 ${state} 00 02 0261 00 02 0262`), 17)
    expect(decoded.clusterId).toBe('b')
    expect(decoded.replicaState).toEqual({ replicaId: 7, replicaEpoch: 8n })
  })

  it('that are unknown are skipped', () => {
    expect(decode(request, withTags('02 00 02 0261 e807 03 aabbcc'), 17).clusterId).toBe('a')
  })

  it('that only a later version knows are skipped', () => {
    const partition = encode(request, { topics: [{ partitions: [{ highWatermark: 1n }] }] }, 18)
    expect(decode(request, partition, 17).topics[0]!.partitions[0]!.highWatermark).toBe(9223372036854775807n)
  })

  it.each(['01 00 03 0261 00', '01 00 01 0261'])('whose size is not that of their value fail: %s', (tags) => {
    const error = protocolErrorOf(() => decode(request, withTags(tags), 17))
    expect(error.context).toMatchObject({ message: 'FetchRequest', version: 17, field: 'clusterId' })
  })
})

describe('records', () => {
  it('are written by reference, in as many pieces as they were given', () => {
    const batches = [Buffer.alloc(2000, 1), Buffer.alloc(3000, 2)]
    const writer = new Writer()
    const partitionData = [{ index: 0, records: batches }]
    Produce.request.encode(writer, { acks: -1, timeoutMs: 1, topicData: [{ name: 't', partitionData }] }, 9)
    const pieces = writer.finish()
    expect(pieces).toHaveLength(4)
    expect(pieces[1]).toBe(batches[0])
    expect(pieces[2]).toBe(batches[1])
    const decoded = decode(Produce.request, Buffer.concat(pieces), 9)
    expect(decoded.topicData[0]!.partitionData[0]!.records).toEqual(Buffer.concat(batches))
  })

  it('are views over the response', () => {
    const partitions = [{ records: Buffer.from('abc') }]
    const bytes = encode(Fetch.response, { responses: [{ partitions }] }, 12)
    const { records } = decode(Fetch.response, bytes, 12).responses[0]!.partitions[0]!
    expect(records!.buffer).toBe(bytes.buffer)
  })
})

describe('the APIs', () => {
  it('are those that a broker serves, by key', () => {
    expect(apis).toHaveLength(77)
    expect(apis.map(({ key }) => key)).toEqual([...new Set(apis.map(({ key }) => key))].sort((a, b) => a - b))
    for (const api of apis) expect(apiByKey(api.key)).toBe(api)
    expect(apiByKey(-1)).toBeUndefined()
  })

  it('have request and response in the same versions', () => {
    for (const { name, key, request, response } of apis) {
      expect([request.name, response.name]).toEqual([`${name}Request`, `${name}Response`])
      expect([request.apiKey, response.apiKey]).toEqual([key, key])
      expect(response.versions).toEqual(request.versions)
      expect(response.flexibleFrom).toBe(request.flexibleFrom)
    }
  })

  it('never negotiate an unstable version', () => {
    const unstable = apis.filter(
      ({ request, latestStableVersion }) => latestStableVersion !== request.versions[1],
    )
    expect(unstable).toEqual([InitProducerId])
    expect(InitProducerId.latestStableVersion).toBe(5)
  })

  it('refuse versions that they do not have', () => {
    for (const { request, response } of apis) {
      for (const message of [request, response]) {
        for (const version of [message.versions[0] - 1, message.versions[1] + 1]) {
          protocolErrorOf(() => encode(message, {}, version))
          protocolErrorOf(() => decode(message, Buffer.alloc(0), version))
        }
      }
    }
  })

  it('have each an empty message in every version', () => {
    for (const { request, response } of apis) {
      for (const message of [request, response]) {
        for (let version = message.versions[0]; version <= message.versions[1]; version++) {
          decode(message, encode(message, {}, version), version)
        }
      }
    }
  })
})

describe('the request header', () => {
  it('has its client id in the old form also where it is flexible', () => {
    const header = { requestApiKey: 18, requestApiVersion: 3, correlationId: 7, clientId: 'me' }
    expect(encode(RequestHeader, header, 2).toString('hex')).toBe('001200030000000700026d6500')
  })
})
