import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { BrokerSettings } from '../state/broker-configs.ts'
import { type Problem, problem } from '../state/create-topic.ts'
import type { GroupConfigs } from '../state/group-configs.ts'
import { ClassicGroup } from './classic-group.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import { ConsumerGroup, type Inheritance } from './consumer/consumer-group.ts'
import { bequeath, inherit } from './consumer/conversion.ts'
import { consumerGroupSettings } from './consumer/group-settings.ts'
import type { TopicDirectory } from './consumer/topic-directory.ts'
import type { Group } from './group.ts'
import type { StoredGroup } from './stored-group.ts'

/** Far more than any test has; it keeps a loop that makes groups from filling the memory. */
const maxGroups = 10_000

/** The groups of a cluster by their names: how they are made, and how they turn from one protocol to the other. */
export class GroupTable {
  readonly #groups = new Map<string, Group>()
  readonly #runtime: Runtime
  readonly #settings: BrokerSettings
  readonly #configs: GroupConfigs

  constructor(runtime: Runtime, settings: BrokerSettings, configs: GroupConfigs) {
    this.#runtime = runtime
    this.#settings = settings
    this.#configs = configs
  }

  /** As they are now: groups may be made and dropped on the way. */
  all(): Group[] {
    return [...this.#groups.values()]
  }

  get(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  classic(groupId: string): ClassicGroup | undefined {
    const group = this.#groups.get(groupId)
    return group?.type === 'classic' ? group : undefined
  }

  consumer(groupId: string): ConsumerGroup | undefined {
    const group = this.#groups.get(groupId)
    return group?.type === 'consumer' ? group : undefined
  }

  /**
   * A group for classic members; one of the consumer protocol that has no members turns into one. Undefined when there
   * are too many groups for another, or the group has members of the consumer protocol.
   */
  getOrCreate(groupId: string): ClassicGroup | undefined {
    const group = this.#groups.get(groupId)
    if (group?.type === 'classic') return group
    if (group === undefined ? this.#groups.size >= maxGroups : group.state !== 'Empty') return undefined
    const made = this.#makeClassicGroup(groupId, group?.offsets ?? new CommittedOffsets())
    this.put(made)
    return made
  }

  #makeClassicGroup(groupId: string, offsets: CommittedOffsets, stored?: StoredGroup): ClassicGroup {
    const options = {
      timers: this.#runtime.timers,
      initialRebalanceDelayMs: this.#settings.groupInitialRebalanceDelayMs,
      nowMs: () => this.#runtime.clock.now(),
    }
    return new ClassicGroup(groupId, offsets, options, stored)
  }

  /** Puts a group into the place of one of the same name, if there is any; who waits there is told the error. */
  put(group: Group, errorCode?: number): void {
    this.#groups.get(group.groupId)?.end(errorCode)
    this.#groups.set(group.groupId, group)
  }

  /** A group for members of the consumer protocol; a classic group turns into one where that can be. */
  makeConsumerGroup(groupId: string, topics: TopicDirectory): ConsumerGroup | Problem {
    const { groupConsumerAssignors, groupConsumerMaxSize } = this.#settings
    const classic = this.classic(groupId)
    if (classic === undefined && this.#groups.size >= maxGroups) {
      return problem(ErrorCodes.COORDINATOR_NOT_AVAILABLE, 'there are too many groups for another')
    }
    const inheritance = this.#inherit(classic, topics)
    if (typeof inheritance === 'string') {
      const what = `the classic group ${groupId} cannot become a consumer group: ${inheritance}`
      return problem(ErrorCodes.GROUP_ID_NOT_FOUND, what)
    }
    const options = {
      timers: this.#runtime.timers,
      nowMs: () => this.#runtime.clock.now(),
      settings: () => consumerGroupSettings(this.#configs, groupId),
      assignors: groupConsumerAssignors,
      maxSize: groupConsumerMaxSize,
      turnClassic: (group: ConsumerGroup, why: 'left' | 'replaced') => this.#turnClassic(group, why),
    }
    return new ConsumerGroup(groupId, classic?.offsets ?? new CommittedOffsets(), options, inheritance)
  }

  /** What a consumer group takes over from a classic group; undefined: nothing; a text: why it cannot. */
  #inherit(classic: ClassicGroup | undefined, topics: TopicDirectory): Inheritance | undefined | string {
    if (classic === undefined || classic.state === 'Empty') return undefined
    const { groupConsumerMigrationPolicy: policy, groupConsumerMaxSize } = this.#settings
    if (policy !== 'upgrade' && policy !== 'bidirectional')
      return 'group.consumer.migration.policy forbids it'
    if (classic.members.size > groupConsumerMaxSize) return 'it has more members than group.consumer.max.size'
    return inherit(classic, topics)
  }

  /** All members speak the classic protocol. */
  #turnClassic(group: ConsumerGroup, why: 'left' | 'replaced'): boolean {
    const { groupConsumerMigrationPolicy: policy, groupMaxSize } = this.#settings
    if (policy !== 'downgrade' && policy !== 'bidirectional') return false
    if (group.size > groupMaxSize) return false
    const classic = this.#makeClassicGroup(group.groupId, group.offsets, bequeath(group))
    this.put(classic)
    if (why === 'left') classic.rebalance()
    return true
  }

  /** A coordinator that takes over begins with what was written down; who waits is told that this one does no more. */
  restore(group: ClassicGroup): void {
    const { groupId, offsets, stored } = group
    this.#groups.delete(groupId)
    if (stored !== undefined || !offsets.isEmpty) {
      this.#groups.set(groupId, this.#makeClassicGroup(groupId, offsets, stored))
    }
    group.end(ErrorCodes.NOT_COORDINATOR)
  }

  drop(group: Group): void {
    this.#groups.delete(group.groupId)
    group.end()
  }
}
