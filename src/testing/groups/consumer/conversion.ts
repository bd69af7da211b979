import type { ClassicGroup } from '../classic-group.ts'
import type { Member } from '../member.ts'
import type { StoredGroup } from '../stored-group.ts'
import { type Assignment, nothingHeld } from './assignment.ts'
import {
  consumerProtocolType,
  readAssignment,
  readSubscription,
  writeAssignment,
} from './classic-protocol.ts'
import type { ConsumerGroup, Inheritance } from './consumer-group.ts'
import { ConsumerMember } from './consumer-member.ts'
import { unsaid } from './progress.ts'
import type { TopicDirectory } from './topic-directory.ts'

/**
 * What a consumer group begins with that takes over from a classic group: its generation as the epoch, and its members
 * with what they have. Or why that cannot be, in a few words.
 */
export function inherit(group: ClassicGroup, topics: TopicDirectory): Inheritance | string {
  const epoch = group.generationId
  if (group.members.size === 0) return { epoch, members: [] }
  if (group.protocolType !== consumerProtocolType) return 'it is no group of consumers'
  const members: ConsumerMember[] = []
  for (const classic of group.members) {
    const member = convert(classic, group.protocolName ?? group.members.electProtocol(), epoch, topics)
    if (member === undefined) return `what ${classic.memberId} says of itself is malformed`
    members.push(member)
  }
  return { epoch, members }
}

function convert(
  classic: Member,
  protocolName: string,
  epoch: number,
  topics: TopicDirectory,
): ConsumerMember | undefined {
  const { memberId, clientId, clientHost, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = classic
  const subscription = readSubscription(classic.metadataFor(protocolName))
  const assignment = readAssignment(classic.assignment, topics)
  if (subscription === undefined || assignment === undefined) return undefined
  const member = new ConsumerMember(memberId, {
    ...unsaid,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    instanceId: groupInstanceId,
    rackId: subscription.rackId,
    topicNames: new Set(subscription.topics),
    classic: { sessionTimeoutMs, protocols: classic.protocols },
  })
  member.target = assignment
  const assigned = heldSince(assignment, epoch)
  member.position = { state: 'Stable', epoch, previousEpoch: epoch, assigned, revoking: nothingHeld }
  return member
}

function heldSince(assignment: Assignment, epoch: number): Map<string, Map<number, number>> {
  return new Map(
    [...assignment].map(([topicId, partitions]) => [
      topicId,
      new Map([...partitions].map((partition) => [partition, epoch])),
    ]),
  )
}

/** The classic group that a consumer group turns into whose members all speak the classic protocol. */
export function bequeath(group: ConsumerGroup): StoredGroup {
  return {
    generationId: group.epoch,
    protocolType: consumerProtocolType,
    protocolName: null,
    leaderId: null,
    members: [...group.members()].map(({ memberId, self, target }) => ({
      memberId,
      groupInstanceId: self.instanceId,
      clientId: self.clientId,
      clientHost: self.clientHost,
      sessionTimeoutMs: self.classic!.sessionTimeoutMs,
      rebalanceTimeoutMs: self.rebalanceTimeoutMs,
      protocols: self.classic!.protocols,
      assignment: writeAssignment(target, group.topics, self.classic!.protocols[0].metadata),
    })),
  }
}
