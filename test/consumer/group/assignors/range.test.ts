import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GroupMember } from '../../../../src/consumer/group/assignors/assignor.ts'
import { rangeAssignor } from '../../../../src/consumer/group/assignors/range.ts'

function member(memberId: string, topics: string[], groupInstanceId: string | null = null): GroupMember {
  return {
    memberId,
    groupInstanceId,
    topics,
    ownedPartitions: [],
    generationId: -1,
    rackId: null,
    userData: null,
  }
}

/** As `topic-3`, by member and sorted, which is how the oracle prints an assignment. */
function assign(members: GroupMember[], counts: Record<string, number>): Record<string, string[]> {
  const assignment = rangeAssignor.assign(members, new Map(Object.entries(counts)))
  return Object.fromEntries(
    [...assignment].map(([id, partitions]) => [
      id,
      partitions.map((p) => `${p.topic}-${p.partition}`).sort(),
    ]),
  )
}

describe('the range assignor', () => {
  it('gives the first members one partition more when they do not come out even', () => {
    const members = [member('c', ['t']), member('a', ['t']), member('b', ['t'])]
    expect(assign(members, { t: 7 })).toEqual({
      a: ['t-0', 't-1', 't-2'],
      b: ['t-3', 't-4'],
      c: ['t-5', 't-6'],
    })
  })

  it('leaves the last members without a partition when there are fewer partitions than members', () => {
    expect(assign([member('a', ['t']), member('b', ['t'])], { t: 1 })).toEqual({ a: ['t-0'], b: [] })
  })

  it('serves static members first, by their name', () => {
    const members = [member('a', ['t']), member('z', ['t'], 'one'), member('y', ['t'], 'two')]
    expect(assign(members, { t: 3 })).toEqual({ z: ['t-0'], y: ['t-1'], a: ['t-2'] })
  })

  it('gives every member an entry, also when its topics do not exist', () => {
    expect(assign([member('a', ['missing']), member('b', [])], { t: 3 })).toEqual({ a: [], b: [] })
  })

  it("does what Kafka's own does", () => {
    const lines = readFileSync(new URL('range.jsonl', import.meta.url), 'utf8')
      .trim()
      .split('\n')
    expect(lines.length).toBeGreaterThan(50)
    for (const line of lines) {
      const { members, partitionCounts, assignment } = JSON.parse(line)
      const groupMembers = members.map(
        (m: { memberId: string; topics: string[]; groupInstanceId: string | null }) =>
          member(m.memberId, m.topics, m.groupInstanceId),
      )
      for (const partitions of Object.values<string[]>(assignment)) partitions.sort()
      expect(assign(groupMembers, partitionCounts)).toEqual(assignment)
    }
  })

  it('gives each wanted partition to exactly one subscriber, as evenly as one topic allows', () => {
    const topics = ['a', 'b', 'c']
    const group = fc.array(fc.subarray(topics), { minLength: 1, maxLength: 8 })
    const counts = fc.record({ a: fc.nat(20), b: fc.nat(20), c: fc.nat(20) })
    fc.assert(
      fc.property(group, counts, (wanted, partitionCounts) => {
        const members = wanted.map((names, index) => member(`member-${index}`, names))
        const assignment = rangeAssignor.assign(members, new Map(Object.entries(partitionCounts)))
        for (const topic of topics) {
          const sizes = []
          const given = []
          for (const { memberId, topics: names } of members) {
            const own = assignment.get(memberId)!.filter((p) => p.topic === topic)
            if (names.includes(topic)) sizes.push(own.length)
            else expect(own).toEqual([])
            given.push(...own.map((p) => p.partition))
          }
          if (sizes.length === 0) continue
          expect(given.sort((x, y) => x - y)).toEqual(
            Array.from({ length: partitionCounts[topic as 'a'] }, (_, index) => index),
          )
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })
})
