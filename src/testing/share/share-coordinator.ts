import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { BrokerSettings } from '../state/broker-configs.ts'
import type { GroupConfigs } from '../state/group-configs.ts'
import type { Partition } from '../state/partition.ts'
import type { Topic } from '../state/topic.ts'
import { type MemberNews, ShareGroup, type SubscribedTopic } from './share-group.ts'
import { type ShareLimits, SharePartition } from './share-partition.ts'
import type { Assignment } from './simple-assignor.ts'

const joinEpoch = 0
const leaveEpoch = -1

/** Far more than any test has; it keeps a loop that makes groups from filling the memory. */
const maxGroups = 10_000
/** Longer ids are refused; the clients' own are UUIDs in 22 characters. */
const maxMemberIdLength = 36

export interface ShareHeartbeat extends MemberNews {
  readonly groupId: string
  readonly memberEpoch: number
}

export interface ShareHeartbeatAnswer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  /** Null: as before. */
  readonly assignment: Assignment | null
}

/** The topics as the coordinator sees them. */
export interface KnownTopics {
  byName(name: string): Topic | undefined
  byId(id: string): Topic | undefined
}

export interface ShareCoordinatorOptions {
  readonly runtime: Runtime
  readonly settings: BrokerSettings
  readonly configs: GroupConfigs
  readonly topics: KnownTopics
  /** Whether there is a group of another type under this name. */
  readonly isTaken: (groupId: string) => boolean
}

/**
 * The share groups of a cluster with what they have of partitions. All brokers work on this one state: it stands for what
 * Kafka's share coordinator keeps in a topic, so it outlives every move of a partition's leader or of a coordinator.
 */
export class ShareCoordinator {
  readonly #groups = new Map<string, ShareGroup>()
  readonly #options: ShareCoordinatorOptions
  /** Who waits for records of a partition of the log that may be free again. */
  readonly #onAvailable = new Map<string, Set<() => void>>()

  constructor(options: ShareCoordinatorOptions) {
    this.#options = options
  }

  [Symbol.iterator](): IterableIterator<ShareGroup> {
    return this.#groups.values()
  }

  get(groupId: string): ShareGroup | undefined {
    return this.#groups.get(groupId)
  }

  /** ShareGroupHeartbeat. */
  heartbeat(beat: ShareHeartbeat): ShareHeartbeatAnswer {
    const { groupId, memberId, memberEpoch } = beat
    const malformed = heartbeatProblem(beat)
    if (malformed !== undefined) return refused(ErrorCodes.INVALID_REQUEST, malformed)
    if (this.#options.isTaken(groupId)) {
      return refused(ErrorCodes.GROUP_ID_NOT_FOUND, `group "${groupId}" is no share group`)
    }
    const group = memberEpoch === joinEpoch ? this.getOrCreate(groupId) : this.#groups.get(groupId)
    if (group === undefined && memberEpoch === joinEpoch) {
      return refused(ErrorCodes.COORDINATOR_NOT_AVAILABLE, `there are ${maxGroups} share groups already`)
    }
    if (group === undefined) {
      return refused(ErrorCodes.GROUP_ID_NOT_FOUND, `there is no share group "${groupId}"`)
    }
    if (memberEpoch === leaveEpoch) return leave(group, memberId)
    if (memberEpoch === joinEpoch) {
      const isNew = group.member(memberId) === undefined
      if (isNew && group.memberCount >= this.#options.settings.shareGroupMaxSize) {
        return refused(ErrorCodes.GROUP_MAX_SIZE_REACHED, `group "${groupId}" has as many members as may be`)
      }
    } else {
      const error = group.checkMember(memberId, memberEpoch)
      if (error !== ErrorCodes.NONE) {
        return refused(error, `${memberId} is no member of group "${groupId}" in epoch ${memberEpoch}`)
      }
    }
    group.update(beat)
    const isNew = group.heartbeat(memberId, this.#subscribed(group))
    this.#prepare(group)
    const member = group.member(memberId)!
    return {
      errorCode: ErrorCodes.NONE,
      errorMessage: null,
      memberId,
      memberEpoch: member.epoch,
      heartbeatIntervalMs: this.#options.configs.number(groupId, 'share.heartbeat.interval.ms'),
      assignment: isNew || memberEpoch === joinEpoch || beat.topicNames !== null ? member.assignment : null,
    }
  }

  /** Undefined when there are too many groups for another. */
  getOrCreate(groupId: string): ShareGroup | undefined {
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      if (this.#groups.size >= maxGroups) return undefined
      const { runtime, configs } = this.#options
      group = new ShareGroup(groupId, {
        timers: runtime.timers,
        nowMs: () => runtime.clock.monotonicMs(),
        sessionTimeoutMs: () => configs.number(groupId, 'share.session.timeout.ms'),
        assignmentIntervalMs: () => configs.number(groupId, 'share.assignment.interval.ms'),
      })
      this.#groups.set(groupId, group)
    }
    return group
  }

  /** DeleteGroups. */
  delete(groupId: string): number {
    const group = this.#groups.get(groupId)
    if (group === undefined) return ErrorCodes.GROUP_ID_NOT_FOUND
    if (group.state !== 'Empty') return ErrorCodes.NON_EMPTY_GROUP
    this.#groups.delete(groupId)
    group.end()
    return ErrorCodes.NONE
  }

  /** What the group has of a partition; made when there is nothing yet. */
  prepare(group: ShareGroup, topicId: string, index: number): SharePartition {
    let byIndex = group.partitions.get(topicId)
    if (byIndex === undefined) {
      byIndex = new Map()
      group.partitions.set(topicId, byIndex)
    }
    let partition = byIndex.get(index)
    if (partition === undefined) {
      const { runtime } = this.#options
      partition = new SharePartition({
        timers: runtime.timers,
        nowMs: () => runtime.clock.monotonicMs(),
        limits: () => this.limitsOf(group.groupId),
        onAvailable: () => this.#tell(group.groupId, topicId, index),
      })
      byIndex.set(index, partition)
    }
    return partition
  }

  /** DeleteShareGroupOffsets: false when the group has nothing of the topic. */
  forget(group: ShareGroup, topicId: string): boolean {
    const byIndex = group.partitions.get(topicId)
    if (byIndex === undefined) return false
    for (const partition of byIndex.values()) partition.stop()
    return group.partitions.delete(topicId)
  }

  /** A topic is gone, and what groups had of it. */
  forgetTopic(topicId: string): void {
    for (const group of this.#groups.values()) this.forget(group, topicId)
  }

  limitsOf(groupId: string): ShareLimits {
    const { configs } = this.#options
    return {
      deliveryCountLimit: configs.number(groupId, 'share.delivery.count.limit'),
      maxRecordLocks: configs.number(groupId, 'share.partition.max.record.locks'),
      lockDurationMs: configs.number(groupId, 'share.record.lock.duration.ms'),
      allowsRenewal: configs.value(groupId, 'share.renew.acknowledge.enable').toLowerCase() === 'true',
    }
  }

  /** Runs `listener` whenever records of the partition may be free again for the group. */
  watch(groupId: string, { topic, index }: Partition, listener: () => void): void {
    const key = watchKey(groupId, topic.id, index)
    const listeners = this.#onAvailable.get(key)
    if (listeners === undefined) this.#onAvailable.set(key, new Set([listener]))
    else listeners.add(listener)
  }

  unwatch(groupId: string, { topic, index }: Partition, listener: () => void): void {
    const key = watchKey(groupId, topic.id, index)
    const listeners = this.#onAvailable.get(key)
    listeners?.delete(listener)
    if (listeners?.size === 0) this.#onAvailable.delete(key)
  }

  close(): void {
    for (const group of this.#groups.values()) group.end()
    this.#groups.clear()
  }

  #tell(groupId: string, topicId: string, index: number): void {
    const listeners = this.#onAvailable.get(watchKey(groupId, topicId, index))
    if (listeners !== undefined) for (const listener of [...listeners]) listener()
  }

  /** The topics that the group's members subscribe to, as far as there are such. */
  #subscribed(group: ShareGroup): SubscribedTopic[] {
    return [...group.topicNames].sort().flatMap((name) => {
      const topic = this.#options.topics.byName(name)
      if (topic === undefined) return []
      const ready = group.partitions.get(topic.id)?.size ?? 0
      return [{ name, topicId: topic.id, partitions: topic.partitions.length, ready }]
    })
  }

  /**
   * Makes the state of partitions that are new to the group. As in Kafka, where that takes a while, it is after the
   * heartbeat was answered: members hear of these partitions with their next one.
   */
  #prepare(group: ShareGroup): void {
    for (const { topicId, partitions, ready } of this.#subscribed(group)) {
      for (let index = 0; index < partitions && ready < partitions; index++) {
        this.prepare(group, topicId, index)
      }
    }
  }
}

function watchKey(groupId: string, topicId: string, index: number): string {
  return `${groupId}/${topicId}/${index}`
}

function leave(group: ShareGroup, memberId: string): ShareHeartbeatAnswer {
  if (group.member(memberId) === undefined) {
    return refused(ErrorCodes.UNKNOWN_MEMBER_ID, `${memberId} is no member of group "${group.groupId}"`)
  }
  group.remove(memberId)
  return {
    errorCode: ErrorCodes.NONE,
    errorMessage: null,
    memberId,
    memberEpoch: leaveEpoch,
    heartbeatIntervalMs: 0,
    assignment: null,
  }
}

/** What is wrong with a heartbeat as such; empty where Kafka says nothing more. */
function heartbeatProblem({ groupId, memberId, memberEpoch, rackId, topicNames }: ShareHeartbeat) {
  if (memberId === '' || memberId.length > maxMemberIdLength) return ''
  if (groupId.trim() === '') return 'the group needs an id'
  if (memberEpoch < leaveEpoch) return `there is no member epoch ${memberEpoch}`
  if (rackId?.trim() === '') return 'the id of the rack is empty'
  if (memberEpoch === joinEpoch && (topicNames === null || topicNames.length === 0)) {
    return 'who joins has to say which topics it subscribes to'
  }
  return undefined
}

function refused(errorCode: number, message: string): ShareHeartbeatAnswer {
  return {
    errorCode,
    errorMessage: message === '' ? null : message,
    memberId: null,
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    assignment: null,
  }
}
