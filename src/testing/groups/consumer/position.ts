import {
  type Assignment,
  type HeldPartitions,
  holds,
  nothingHeld,
  overlap,
  partitionsOf,
  sizeOf,
} from './assignment.ts'

/**
 * Where a member is on its way to its part of the target assignment:
 *
 *   Stable --------- has to give something up ----> UnrevokedPartitions
 *     |  ^                                              |
 *     |  +---- nothing is missing -------+    it no longer owns what was to be given up
 *     |                                  |              |
 *     +-- what it shall get is held --> UnreleasedPartitions <---+
 */
export type MemberState = 'Stable' | 'UnrevokedPartitions' | 'UnreleasedPartitions'

/** What a member holds, and in which epoch. Never changed in place. */
export interface MemberPosition {
  readonly state: MemberState
  readonly epoch: number
  /** The epoch before, which a member may still name when the answer with its new one was lost. */
  readonly previousEpoch: number
  readonly assigned: HeldPartitions
  /** What the member has been told to give up and has not yet. */
  readonly revoking: HeldPartitions
}

/** What a member is on its way to. */
export interface Target {
  readonly epoch: number
  readonly assignment: Assignment
}

export interface Reconciling {
  readonly target: Target
  /** What the member says to own; undefined when it does not say. */
  readonly owned: Assignment | undefined
  /** Whether the member still wants the topic. The target may be older than its subscription. */
  readonly wants: (topicId: string) => boolean
  /** Whether no member holds the partition. */
  readonly isFree: (topicId: string, partition: number) => boolean
}

export const newcomer: MemberPosition = {
  state: 'Stable',
  epoch: 0,
  previousEpoch: -1,
  assigned: nothingHeld,
  revoking: nothingHeld,
}

/** Whether the member has got all that the target of this epoch gives it. */
export function isReconciled(position: MemberPosition, targetEpoch: number): boolean {
  return position.state === 'Stable' && position.epoch === targetEpoch
}

/**
 * The member's next position, the same object when nothing changes. A partition is given up first: as long as there is
 * something that the member has to let go, it gets nothing new and stays in its epoch (KIP-848).
 */
export function reconcile(position: MemberPosition, step: Reconciling): MemberPosition {
  const { target, owned, wants } = step
  switch (position.state) {
    case 'Stable':
      if (position.epoch !== target.epoch) return next(position, position.epoch, step)
      return [...position.assigned.keys()].every(wants) ? position : next(position, position.epoch, step)
    case 'UnrevokedPartitions':
      if (owned === undefined || overlap(owned, position.revoking)) return position
      return next(position, position.epoch, step)
    case 'UnreleasedPartitions':
      return next(position, position.epoch, step)
  }
}

function next(position: MemberPosition, epoch: number, step: Reconciling): MemberPosition {
  const { target, owned, wants, isFree } = step
  const kept = new HeldBuilder()
  const given = new HeldBuilder()
  const revoking = new HeldBuilder()
  for (const [topicId, partitions] of position.assigned) {
    for (const [partition, since] of partitions) {
      const stays = wants(topicId) && holds(target.assignment, topicId, partition)
      const place = stays ? kept : revoking
      place.add(topicId, partition, since)
      if (stays) given.add(topicId, partition, since)
    }
  }
  if (sizeOf(revoking.held) > 0 && (owned === undefined || overlap(owned, revoking.held))) {
    return {
      state: 'UnrevokedPartitions',
      epoch,
      previousEpoch: position.epoch,
      assigned: kept.held,
      revoking: revoking.held,
    }
  }
  let isWaiting = false
  for (const [topicId, partition] of partitionsOf(target.assignment)) {
    if (!wants(topicId) || holds(kept.held, topicId, partition)) continue
    if (isFree(topicId, partition)) given.add(topicId, partition, target.epoch)
    else isWaiting = true
  }
  return {
    state: isWaiting ? 'UnreleasedPartitions' : 'Stable',
    epoch: target.epoch,
    previousEpoch: position.epoch,
    assigned: given.held,
    revoking: nothingHeld,
  }
}

class HeldBuilder {
  readonly held = new Map<string, Map<number, number>>()

  add(topicId: string, partition: number, epoch: number): void {
    const partitions = this.held.get(topicId)
    if (partitions === undefined) this.held.set(topicId, new Map([[partition, epoch]]))
    else partitions.set(partition, epoch)
  }
}
