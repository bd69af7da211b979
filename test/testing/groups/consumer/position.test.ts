import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Assignment,
  assignmentOf,
  holds,
  isWithin,
  partitionsOf,
  sizeOf,
} from '../../../../src/testing/groups/consumer/assignment.ts'
import {
  isReconciled,
  type MemberPosition,
  newcomer,
  reconcile,
} from '../../../../src/testing/groups/consumer/position.ts'

const partitionCount = 6
const memberIds = ['a', 'b', 'c']

/** Who shall have each partition, or nobody. */
const targets = fc.array(fc.option(fc.constantFrom(...memberIds)), {
  minLength: partitionCount,
  maxLength: partitionCount,
})

type Step =
  | { readonly kind: 'target'; readonly owners: readonly (string | null)[] }
  | { readonly kind: 'beat'; readonly memberId: string; readonly says: 'nothing' | 'all' | 'what it shall' }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: targets.map((owners) => ({ kind: 'target' as const, owners })) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('beat' as const),
        memberId: fc.constantFrom(...memberIds),
        says: fc.constantFrom('nothing' as const, 'all' as const, 'what it shall' as const),
      }),
    },
  ),
  { maxLength: 60 },
)

/** Members that reconcile with one target, and what each of them believes to own. */
class Members {
  readonly positions = new Map<string, MemberPosition>(memberIds.map((memberId) => [memberId, newcomer]))
  readonly #owned = new Map<string, Assignment>(memberIds.map((memberId) => [memberId, new Map()]))
  #owners: readonly (string | null)[] = []
  #epoch = 0

  target(owners: readonly (string | null)[]): void {
    this.#owners = owners
    this.#epoch += 1
  }

  beat(memberId: string, says: 'nothing' | 'all' | 'what it shall'): void {
    const position = this.positions.get(memberId)!
    if (says === 'what it shall') this.#owned.set(memberId, assignedOf(position))
    const next = reconcile(position, {
      target: { epoch: this.#epoch, assignment: this.#shareOf(memberId) },
      owned: says === 'nothing' ? undefined : this.#owned.get(memberId),
      wants: () => true,
      isFree: (topicId, partition) => !this.#isHeld(topicId, partition),
    })
    this.positions.set(memberId, next)
    // A member takes what it is told at once, and lets go when it says so.
    const taken = [...partitionsOf(next.assigned), ...partitionsOf(this.#owned.get(memberId)!)]
    this.#owned.set(
      memberId,
      assignmentOf(taken.map(([topicId, partition]) => ({ topicId, partitions: [partition] }))),
    )
  }

  #shareOf(memberId: string): Assignment {
    const partitions = this.#owners.flatMap((owner, partition) => (owner === memberId ? [partition] : []))
    return partitions.length === 0 ? new Map() : assignmentOf([{ topicId: 't', partitions }])
  }

  #isHeld(topicId: string, partition: number): boolean {
    return [...this.positions.values()].some(
      ({ assigned, revoking }) => holds(assigned, topicId, partition) || holds(revoking, topicId, partition),
    )
  }

  check(): void {
    const held = [...this.positions.values()].flatMap(({ assigned, revoking }) => [
      ...partitionsOf(assigned),
      ...partitionsOf(revoking),
    ])
    expect(new Set(held.map(String)).size, 'a partition is held twice').toBe(held.length)
    for (const [memberId, { assigned, revoking, state, epoch }] of this.positions) {
      const believed = this.#owned.get(memberId)!
      const known = assignmentOf(
        [...partitionsOf(assigned), ...partitionsOf(revoking)].map(([topicId, partition]) => ({
          topicId,
          partitions: [partition],
        })),
      )
      expect(isWithin(believed, known), `${memberId} owns what is not its own`).toBe(true)
      expect(sizeOf(revoking) > 0).toBe(state === 'UnrevokedPartitions')
      expect(epoch).toBeLessThanOrEqual(this.#epoch)
    }
  }

  settle(): void {
    for (let round = 0; round < 10; round++) {
      for (const memberId of memberIds) this.beat(memberId, 'what it shall')
    }
    for (const [memberId, position] of this.positions) {
      expect(isReconciled(position, this.#epoch)).toBe(true)
      expect(assignedOf(position)).toEqual(this.#shareOf(memberId))
    }
  }
}

function assignedOf({ assigned }: MemberPosition): Assignment {
  return new Map([...assigned].map(([topicId, partitions]) => [topicId, new Set(partitions.keys())]))
}

test('no partition is held twice, nobody loses one that it has not let go, and all get their part in the end', () => {
  fc.assert(
    fc.property(steps, (drawn) => {
      const members = new Members()
      members.target([])
      for (const step of drawn) {
        if (step.kind === 'target') members.target(step.owners)
        else members.beat(step.memberId, step.says)
        members.check()
      }
      members.settle()
    }),
    { numRuns: 300 },
  )
})
