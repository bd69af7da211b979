import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MetadataView } from '../../src/cluster/metadata-view.ts'
import type { MetadataResponse } from '../../src/protocol/messages/metadata.ts'

const scope = { wanted: new Set(['t']), allTopics: false }

/** News of one partition of a topic: from metadata or as a hint, or an error of the whole topic. */
type News =
  | { kind: 'metadata'; topicId: string; leaderId: number; leaderEpoch: number }
  | { kind: 'hint'; leaderId: number; leaderEpoch: number }
  | { kind: 'gone' }

const epoch = fc.integer({ min: 0, max: 6 })
const leaderId = fc.integer({ min: 1, max: 3 })
const news: fc.Arbitrary<News> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('metadata' as const),
      topicId: fc.constantFrom('BBBBBBBBBBBBBBBBBBBBBA', 'CCCCCCCCCCCCCCCCCCCCCA'),
      leaderId,
      leaderEpoch: epoch,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hint' as const), leaderId, leaderEpoch: epoch }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'gone' as const }) },
)

function response(topic: object): MetadataResponse {
  return {
    throttleTimeMs: 0,
    brokers: [],
    clusterId: 'c',
    controllerId: 1,
    topics: [{ name: 't', isInternal: false, topicAuthorizedOperations: 0, partitions: [], ...topic }],
    clusterAuthorizedOperations: 0,
    errorCode: 0,
  } as unknown as MetadataResponse
}

function after(view: MetadataView, each: News): MetadataView {
  if (each.kind === 'gone')
    return view.withResponse(response({ errorCode: 3, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }), scope)
  const { leaderId, leaderEpoch } = each
  if (each.kind === 'hint') return view.withHints([{ topic: 't', partition: 0, leaderId, leaderEpoch }], [])
  const partition = {
    partitionIndex: 0,
    leaderId,
    leaderEpoch,
    replicaNodes: [],
    isrNodes: [],
    offlineReplicas: [],
    errorCode: 0,
  }
  return view.withResponse(response({ errorCode: 0, topicId: each.topicId, partitions: [partition] }), scope)
}

test('within one incarnation of a topic no news takes a leader epoch back', () => {
  fc.assert(
    fc.property(fc.array(news, { maxLength: 30 }), (all) => {
      let view = MetadataView.empty
      let incarnation = ''
      let highest = -1
      for (const each of all) {
        view = after(view, each)
        const topic = view.topics.get('t')
        if (topic === undefined || topic.errorCode !== 0) continue
        if (topic.topicId !== incarnation) {
          incarnation = topic.topicId
          highest = -1
        }
        const { leaderEpoch } = topic.partitions[0]
        expect(leaderEpoch).toBeGreaterThanOrEqual(highest)
        highest = leaderEpoch
      }
    }),
  )
})
