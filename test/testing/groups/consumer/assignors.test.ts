import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignmentOf, partitionsOf, sizeOf } from '../../../../src/testing/groups/consumer/assignment.ts'
import {
  type AssignedMember,
  type AssignmentTask,
  assignors,
} from '../../../../src/testing/groups/consumer/assignors/index.ts'

const noInstance = { instanceId: null }

/** Topics by the number of their partitions, and what each of some members wants and had. */
interface Case {
  readonly counts: readonly number[]
  readonly members: readonly {
    readonly wants: readonly number[]
    readonly had: readonly (readonly number[])[]
  }[]
}

function task({ counts, members }: Case): AssignmentTask {
  const taken = new Set<string>()
  const described = members.map(({ wants, had }, index): [string, AssignedMember] => {
    const previous = had.flatMap((partitions, topic) =>
      partitions
        .filter((partition) => !taken.has(`${topic}/${partition}`))
        .map((partition) => {
          taken.add(`${topic}/${partition}`)
          return { topicId: `t${topic}`, partitions: [partition] }
        }),
    )
    const topicIds = new Set(wants.filter((topic) => topic < counts.length).map((topic) => `t${topic}`))
    return [`m${index}`, { ...noInstance, topicIds, previous: assignmentOf(previous) }]
  })
  return { members: new Map(described), partitionCount: (topicId) => counts[Number(topicId.slice(1))] }
}

const topicCount = 4
const subset = fc.uniqueArray(fc.nat({ max: topicCount - 1 }))
const cases: fc.Arbitrary<Case> = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: topicCount }),
  members: fc.array(
    fc.record({
      wants: subset,
      // Also of topics and partitions that are gone.
      had: fc.array(fc.uniqueArray(fc.nat({ max: 11 })), { maxLength: topicCount }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
})
const equalCases = fc.tuple(cases, subset).map(([{ counts, members }, wants]) => ({
  counts,
  members: members.map((member) => ({ ...member, wants })),
}))

function assign(name: string, given: AssignmentTask) {
  return assignors.get(name)!(given)
}

function sizes(result: ReturnType<typeof assign>): number[] {
  return [...result.values()].map(sizeOf)
}

/** How many partitions members keep of those that they had. */
function keptOf(given: AssignmentTask, result: ReturnType<typeof assign>): number {
  let kept = 0
  for (const [memberId, { previous }] of given.members) {
    for (const [topicId, partition] of partitionsOf(previous)) {
      if (result.get(memberId)!.get(topicId)?.has(partition)) kept += 1
    }
  }
  return kept
}

describe.each(['uniform', 'range'])('%s', (name) => {
  test('gives each partition that somebody wants to one member that wants it', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const given = task(drawn)
        const result = assign(name, given)
        const owners = new Map<string, string>()
        for (const [memberId, assignment] of result) {
          for (const [topicId, partition] of partitionsOf(assignment)) {
            expect(given.members.get(memberId)!.topicIds).toContain(topicId)
            expect(partition).toBeLessThan(given.partitionCount(topicId))
            expect(owners.has(`${topicId}/${partition}`)).toBe(false)
            owners.set(`${topicId}/${partition}`, memberId)
          }
        }
        const wanted = new Set([...given.members.values()].flatMap(({ topicIds }) => [...topicIds]))
        let count = 0
        for (const topicId of wanted) count += given.partitionCount(topicId)
        expect(owners.size).toBe(count)
        expect([...result.keys()]).toEqual([...given.members.keys()])
      }),
    )
  })

  test('answers the same when what it answered is what members had', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const given = task(drawn)
        const result = assign(name, given)
        const settled = new Map(
          [...given.members].map(([memberId, member]) => [
            memberId,
            { ...member, previous: result.get(memberId)! },
          ]),
        )
        expect(assign(name, { ...given, members: settled })).toEqual(result)
      }),
    )
  })
})

describe('uniform', () => {
  test('gives members that want the same as many as each other, but for one', () => {
    fc.assert(
      fc.property(equalCases, (drawn) => {
        const counts = sizes(assign('uniform', task(drawn)))
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('lets members that want the same keep as much as an even share allows', () => {
    fc.assert(
      fc.property(equalCases, (drawn) => {
        const given = task(drawn)
        const result = assign('uniform', given)
        const counts = sizes(result)
        const least = Math.floor(counts.reduce((sum, count) => sum + count, 0) / counts.length)
        let extras = counts.reduce((sum, count) => sum + count, 0) - least * counts.length
        let possible = 0
        for (const { topicIds, previous } of given.members.values()) {
          const had = [...partitionsOf(previous)].filter(
            ([topicId, partition]) => topicIds.has(topicId) && partition < given.partitionCount(topicId),
          ).length
          possible += Math.min(had, least)
          if (had > least && extras > 0) {
            extras -= 1
            possible += 1
          }
        }
        expect(keptOf(given, result)).toBe(possible)
      }),
    )
  })

  test('leaves no move between members that want different topics that would even things out', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const given = task(drawn)
        const result = assign('uniform', given)
        for (const assignment of result.values()) {
          for (const topicId of assignment.keys()) {
            for (const [otherId, other] of given.members) {
              if (!other.topicIds.has(topicId)) continue
              expect(sizeOf(assignment) - sizeOf(result.get(otherId)!)).toBeLessThanOrEqual(1)
            }
          }
        }
      }),
    )
  })

  test('moves nothing when a member leaves but what it had', () => {
    fc.assert(
      fc.property(equalCases, fc.nat(), (drawn, which) => {
        fc.pre(drawn.members.length > 1)
        const given = task(drawn)
        const result = assign('uniform', given)
        const members = new Map(
          [...given.members].map(([memberId, member]) => [
            memberId,
            { ...member, previous: result.get(memberId)! },
          ]),
        )
        members.delete(`m${which % drawn.members.length}`)
        const after = { ...given, members }
        const stayed = [...members.values()].reduce((sum, { previous }) => sum + sizeOf(previous), 0)
        expect(keptOf(after, assign('uniform', after))).toBe(stayed)
      }),
    )
  })

  test('gives the places with one more to those that have so many, and then to the last, as Kafka does', () => {
    const had = [[[0, 1]], [[2, 3]], [[4]]]
    const counts = [7]
    const given = task({ counts, members: had.map((one) => ({ wants: [0], had: one })) })
    expect([...assign('uniform', given).values()]).toEqual([
      assignmentOf([{ topicId: 't0', partitions: [0, 1] }]),
      assignmentOf([{ topicId: 't0', partitions: [2, 3] }]),
      assignmentOf([{ topicId: 't0', partitions: [4, 5, 6] }]),
    ])
  })
})

describe('range', () => {
  test('gives stretches of partitions, the longer ones first, and splits equal topics alike', () => {
    const members = ['b', 'a', 'c'].map((memberId): [string, AssignedMember] => [
      memberId,
      { instanceId: memberId === 'c' ? 'static' : null, topicIds: new Set(['t', 'u']), previous: new Map() },
    ])
    const result = assign('range', { members: new Map(members), partitionCount: () => 7 })
    const both = (partitions: number[]) =>
      assignmentOf(['t', 'u'].map((topicId) => ({ topicId, partitions })))
    expect(result.get('c')).toEqual(both([0, 1, 2]))
    expect(result.get('a')).toEqual(both([3, 4]))
    expect(result.get('b')).toEqual(both([5, 6]))
  })
})
