import type { Assignment } from './assignment.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { awayEpoch, ConsumerMember, type MemberSelf } from './consumer-member.ts'
import { reconcile } from './position.ts'
import type { TopicDirectory } from './topic-directory.ts'

/** Of whom nothing is known yet. */
export const unsaid: MemberSelf = {
  clientId: '',
  clientHost: '',
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: -1,
  topicNames: new Set(),
  topicPattern: '',
  assignor: null,
  classic: null,
}

/** What a member has to say, by whichever protocol. */
export interface Word {
  /** Undefined for a newcomer; of another id than `memberId` when that one takes its place. */
  readonly known: ConsumerMember | undefined
  readonly memberId: string
  readonly self: MemberSelf
  /** What it owns; undefined when it does not say. */
  readonly owned: Assignment | undefined
  /** It wants other topics than before, beside what its `self` tells. */
  readonly wantsOthers: boolean
}

/** Takes in what a member says, and brings it closer to its part of the target assignment. */
export function progress(group: ConsumerGroup, word: Word, topics: TopicDirectory): ConsumerMember {
  const before = word.known?.self ?? unsaid
  const member = memberOf(group, word)
  const changed = word.wantsOthers || !isSame(before.topicNames, word.self.topicNames)
  if (group.seesChanges(topics) || changed) group.bump()
  group.assign(topics)
  settle(group, member, word.owned, topics)
  return member
}

/** The member under the id that it has now. */
function memberOf(group: ConsumerGroup, { known, memberId, self }: Word): ConsumerMember {
  if (known !== undefined && known.memberId === memberId && known.epoch !== awayEpoch) {
    group.update(known, self)
    return known
  }
  const member = new ConsumerMember(memberId, self)
  if (known === undefined) group.add(member)
  else group.replace(known, member)
  return member
}

function settle(
  group: ConsumerGroup,
  member: ConsumerMember,
  owned: Assignment | undefined,
  topics: TopicDirectory,
): void {
  const wanted = new Set(group.topicsOf(member, topics).map(({ id }) => id))
  const position = reconcile(member.position, {
    target: { epoch: group.assignmentEpoch, assignment: member.target },
    owned,
    wants: (topicId) => wanted.has(topicId),
    isFree: (topicId, partition) => group.isFree(topicId, partition),
  })
  if (position !== member.position) group.place(member, position)
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((name) => other.has(name))
}
