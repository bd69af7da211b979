import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeResponse, encodeResponseFrame } from '../../../src/protocol/frame.ts'
import {
  apiByKey,
  apis,
  type Fetch,
  type Metadata,
  type OffsetFetch,
  type Produce,
} from '../../../src/protocol/index.ts'
import { Reader } from '../../../src/protocol/reader.ts'
import { handlers } from '../../../src/testing/apis/index.ts'
import { failedAnswers } from '../../../src/testing/faults/failed-answers.ts'
import type { RequestContext } from '../../../src/testing/server/handler.ts'
import { projectRoot } from '../../../tools/project-root.ts'

const failure = { errorCode: 29, errorMessage: 'why' }
/** Requests between brokers; no client meets them. */
const betweenBrokers = [80, 81, 83, 84, 85, 86, 87]

interface Session {
  topic: string
  topicId: string
  partition: number
}

function contextOf(version: number, session: Session[] = []): RequestContext {
  const node = { id: 1, host: 'here', port: 9092, rack: null }
  const topics = [{ name: 'orders', id: 'AAAAAAAAAAAAAAAAAAAAAQ' }]
  const view = { brokers: new Map([[1, node]]), controllerId: 1 }
  const broker = {
    node,
    cluster: { clusterId: 'cluster' },
    view,
    topics,
    fetchSessions: { partitionsOf: () => session },
  }
  return { broker, version } as unknown as RequestContext
}

/** What the client reads. */
function answerTo(key: number, version: number, request: unknown, session?: Session[]): unknown {
  const api = apiByKey(key)!
  const answer = failedAnswers.get(key)!(request, failure, contextOf(version, session))
  const frame = Buffer.concat(encodeResponseFrame(api, version, 1, answer))
  return decodeResponse(api, version, frame.subarray(4))
}

function codesIn(value: unknown, found: number[] = []): number[] {
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return found
  for (const [name, item] of Object.entries(value)) {
    if (/^(partitionE|e)rrorCode$/.test(name)) found.push(item as number)
    else codesIn(item, found)
  }
  return found
}

test('there is one for every API that a client can meet, and for all that the broker answers', () => {
  const missing = apis.filter(({ key }) => !failedAnswers.has(key)).map(({ key }) => key)
  expect(missing.sort()).toEqual(betweenBrokers)
  expect([...handlers.keys()].filter((key) => !failedAnswers.has(key))).toEqual([])
})

/** Requests as Kafka's own codec wrote them, one of each version. */
const requests = readFileSync(join(projectRoot(), 'test/conformance/vectors/kafka-4.3.1.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as { message: string; apiKey: number; version: number; hex: string })
  .filter(({ message, apiKey }) => message.endsWith('Request') && failedAnswers.has(apiKey))

test('the requests are many', () => expect(requests.length).toBeGreaterThan(200))

test.each(requests.map(({ message, version, apiKey, hex }) => [message, version, apiKey, hex] as const))(
  '%s v%d is answered in the shape of its API',
  (_message, version, key, hex) => {
    const request = apiByKey(key)!.request.decode(new Reader(Buffer.from(hex, 'hex')), version)
    const codes = codesIn(answerTo(key, version, request))
    // What names nothing has nothing that could fail, but for what fails as a whole.
    for (const code of codes) expect([0, 29]).toContain(code)
  },
)

describe('every part that is named fails', () => {
  test('Produce', () => {
    const request = {
      acks: -1,
      topicData: [
        { name: 'a', partitionData: [{ index: 0 }, { index: 2 }] },
        { name: 'b', partitionData: [{ index: 1 }] },
      ],
    }
    const { responses } = answerTo(0, 9, request) as ReturnType<typeof Produce.response.decode>
    expect(
      responses.map(({ name, partitionResponses }) => [
        name,
        partitionResponses.map(({ index, errorCode, errorMessage }) => [index, errorCode, errorMessage]),
      ]),
    ).toEqual([
      [
        'a',
        [
          [0, 29, 'why'],
          [2, 29, 'why'],
        ],
      ],
      ['b', [[1, 29, 'why']]],
    ])
  })

  test('Fetch, with what the session has and without what is forgotten', () => {
    const request = {
      sessionId: 7,
      sessionEpoch: 3,
      topics: [{ topic: 'a', topicId: 'A', partitions: [{ partition: 0 }] }],
      forgottenTopicsData: [{ topic: 'b', topicId: 'B', partitions: [5] }],
    }
    const session = [
      { topic: 'a', topicId: 'A', partition: 0 },
      { topic: 'a', topicId: 'A', partition: 1 },
      { topic: 'b', topicId: 'B', partition: 5 },
    ]
    const answer = answerTo(1, 12, request, session) as ReturnType<typeof Fetch.response.decode>
    expect(answer.errorCode).toBe(0)
    expect(answer.sessionId).toBe(0)
    expect(answer.responses).toHaveLength(1)
    const { topic, partitions } = answer.responses[0]
    expect(topic).toBe('a')
    expect(partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])).toEqual([
      [0, 29],
      [1, 29],
    ])
  })

  test('a Fetch session fails as a whole', () => {
    const request = {
      sessionId: 7,
      topics: [{ topic: 'a', partitions: [{ partition: 0 }] }],
      forgottenTopicsData: [],
    }
    const made = failedAnswers.get(1)!(request, { ...failure, errorCode: 70 }, contextOf(12))
    expect(made).toEqual({ errorCode: 70 })
  })

  test('Metadata of all topics', () => {
    const answer = answerTo(3, 12, { topics: null }) as ReturnType<typeof Metadata.response.decode>
    expect(answer.topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([['orders', 29]])
    expect(answer.brokers).toEqual([{ nodeId: 1, host: 'here', port: 9092, rack: null }])
  })

  test('OffsetFetch as a group, or in its partitions, as the code is meant', () => {
    const request = { groups: [{ groupId: 'g', topics: [{ name: 't', partitionIndexes: [3] }] }], topics: [] }
    const ofPartition = answerTo(9, 8, request) as ReturnType<typeof OffsetFetch.response.decode>
    expect(ofPartition.groups[0].errorCode).toBe(0)
    expect(ofPartition.groups[0].topics[0].partitions[0].errorCode).toBe(29)
    const ofGroup = failedAnswers.get(9)!(request, { ...failure, errorCode: 16 }, contextOf(8))
    expect(ofGroup).toMatchObject({ groups: [{ groupId: 'g', errorCode: 16, topics: [] }] })
  })

  test.each([
    [2, 5, { topics: [{ name: 't', partitions: [{ partitionIndex: 1 }] }] }],
    [8, 5, { topics: [{ name: 't', partitions: [{ partitionIndex: 1 }] }] }],
    [10, 3, { coordinatorKeys: [] }],
    [10, 4, { coordinatorKeys: ['g'] }],
    [11, 6, { memberId: 'm' }],
    [11, 9, { memberId: 'm' }],
    [12, 3, {}],
    [14, 3, {}],
    [13, 2, { members: [] }],
    [15, 5, { groups: ['g'] }],
    [19, 5, { topics: [{ name: 't' }] }],
    [20, 5, { topics: [], topicNames: ['t'] }],
    [20, 6, { topics: [{ name: 't' }], topicNames: [] }],
    [22, 4, {}],
    [24, 3, { transactions: [], v3AndBelowTopics: [{ name: 't', partitions: [1] }] }],
    [26, 3, {}],
    [28, 3, { topics: [{ name: 't', partitions: [{ partitionIndex: 1 }] }] }],
    [68, 1, {}],
    [78, 1, { topics: [] }],
    [78, 1, { topics: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [{ partitionIndex: 1 }] }] }],
  ])('API %d v%d', (key, version, request) => {
    expect(codesIn(answerTo(key, version, request))).toContain(29)
  })
})
