import type { Cluster } from '../../cluster/index.ts'
import { ConfigurationError } from '../../errors.ts'
import type { JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { Assignor, GroupMember } from './assignors/assignor.ts'
import { decodeSubscription, encodeAssignment } from './consumer-protocol.ts'

/**
 * The part of a membership that only the leader of the group plays: it shares the partitions out, and keeps an eye
 * on the topics, because a topic that grows, or comes to be, has to be shared anew.
 */
export class GroupLeader {
  readonly #cluster: Cluster
  readonly #onTopicsChanged: () => void
  /** The topics of all members, while we lead. */
  #topics: readonly string[] = []
  #stopWatching: (() => void) | undefined

  constructor(cluster: Cluster, onTopicsChanged: () => void) {
    this.#cluster = cluster
    this.#onTopicsChanged = onTopicsChanged
  }

  /** What goes into the SyncGroup: an assignment for every member when we lead, nothing when another does. */
  async assignmentsFor(
    joined: JoinGroupResponse,
    assignors: readonly Assignor[],
    signal: AbortSignal,
  ): Promise<{ memberId: string; assignment: Buffer }[]> {
    this.stop()
    if (joined.leader !== joined.memberId) return []
    const assignor = assignors.find(({ name }) => name === joined.protocolName)
    if (assignor === undefined)
      throw new ConfigurationError(
        `the group chose the assignor '${joined.protocolName}', which this consumer did not offer; ` +
          'make the other members offer one of ours',
      )
    const members = joined.members.map(memberOf)
    const topics = [...new Set(members.flatMap((member) => member.topics))]
    const partitionCounts = await this.#count(topics, signal)
    this.#watch(topics, partitionCounts)
    const missing = topics.filter((topic) => !partitionCounts.has(topic))
    if (missing.length > 0)
      this.#cluster.logger.warn(
        { topics: missing },
        'the group wants topics that do not exist, and waits for them',
      )
    // A static member that leads came back, and the group kept its assignment (KIP-814).
    if (joined.skipAssignment) return []
    const assignment = assignor.assign(members, partitionCounts)
    return [...assignment].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    }))
  }

  /**
   * To be called now and then while we lead: it keeps topics that others read among those that metadata is asked for,
   * and looks whether topics that were missing have come to be.
   */
  look(): void {
    const missing = this.#topics.filter((topic) => !this.#cluster.topic(topic)?.partitions.length)
    if (missing.length > 0)
      this.#cluster.staleMetadata(`the group wants ${missing.join(', ')}, which is not there`)
  }

  stop(): void {
    this.#stopWatching?.()
    this.#stopWatching = undefined
    this.#topics = []
  }

  async #count(topics: readonly string[], signal: AbortSignal): Promise<Map<string, number>> {
    await this.#cluster.refresh({
      topics,
      signal,
      reason: 'a group leader needs the partitions of its topics',
    })
    return this.#known(topics)
  }

  #known(topics: readonly string[]): Map<string, number> {
    const counts = new Map<string, number>()
    for (const name of topics) {
      const topic = this.#cluster.topic(name)
      if (topic !== undefined && topic.partitions.length > 0) counts.set(name, topic.partitions.length)
    }
    return counts
  }

  #watch(topics: readonly string[], counted: ReadonlyMap<string, number>): void {
    this.#topics = topics
    this.#stopWatching = this.#cluster.onMetadata(() => {
      const now = this.#known(topics)
      if (topics.every((topic) => now.get(topic) === counted.get(topic))) return
      this.stop()
      this.#onTopicsChanged()
    })
  }
}

function memberOf(member: JoinGroupResponse['members'][number]): GroupMember {
  const { memberId, groupInstanceId } = member
  return { memberId, groupInstanceId, ...decodeSubscription(member.metadata) }
}
