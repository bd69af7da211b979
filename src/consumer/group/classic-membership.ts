import type { Cluster } from '../../cluster/index.ts'
import type { KafkaError } from '../../errors.ts'
import { ErrorCodes } from '../../protocol/error-codes.ts'
import { JoinGroup, type JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import { asKafkaError } from '../failures.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { Wakeup } from '../wakeup.ts'
import type { Assignor } from './assignors/assignor.ts'
import { decodeAssignment, encodeSubscription } from './consumer-protocol.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import { GroupLeader } from './group-leader.ts'
import { type GroupIdentity, Heartbeats } from './heartbeat.ts'
import { verdictOn } from './verdict.ts'

/** What a membership tells the consumer that it belongs to. Calls never overlap. */
export interface MembershipHost {
  /** These partitions are ours now. Resolves when they may be read. */
  assigned(partitions: TopicPartition[]): Promise<void>
  /**
   * Give these partitions back: finish what is in hand and commit what was processed, both only when they are not
   * `lost`. Resolves when the group may have them; heartbeats go on until then.
   */
  revoked(partitions: TopicPartition[], how: { lost: boolean }): Promise<void>
  /** How long the application has not asked for records, in milliseconds; 0 while it waits for some. */
  idleForMs(): number
  /** Resolves when the application asks for records again. */
  wanted(): Promise<void>
  /** Something failed and is tried again. */
  troubled(error: KafkaError): void
  /** The membership is over and nothing can be done about it. */
  failed(error: KafkaError): void
}

export interface MembershipOptions {
  topics: readonly string[]
  groupInstanceId: string | null
  rack: string | null
  sessionTimeoutMs: number
  heartbeatIntervalMs: number
  rebalanceTimeoutMs: number
  /** In order of preference; the group uses the first that all members have. */
  assignors: readonly Assignor[]
  retryDelayMs: (attempts: number) => number
}

type State = 'unjoined' | 'joining' | 'syncing' | 'stable' | 'revoking' | 'left'

const moves: Readonly<Record<State, readonly State[]>> = {
  unjoined: ['joining', 'left'],
  joining: ['syncing', 'unjoined', 'left'],
  syncing: ['stable', 'joining', 'unjoined', 'left'],
  stable: ['revoking', 'unjoined', 'left'],
  revoking: ['joining', 'unjoined', 'left'],
  left: [],
}

/** What ends a stable membership. A later event replaces an earlier one of lower rank. */
type Turn = 'rebalance' | 'idle' | 'lost'
const turnRank: Readonly<Record<Turn, number>> = { rebalance: 0, idle: 1, lost: 2 }
/** While syncing, too: what changes while the leader shares has to be shared again. */
const turnable: ReadonlySet<State> = new Set(['syncing', 'stable', 'revoking'])

/** The coordinator answers a JoinGroup after at most the rebalance timeout; the network takes a little more. */
const joinGraceMs = 5_000
const leaveTimeoutMs = 5_000
const noGeneration = -1

/**
 * One membership of one classic group (KIP-62, 394, 345), with an eager assignor: everything is given back before the
 * group shares anew.
 *
 *   unjoined --join--> joining --joined--> syncing --synced--> stable --rebalance--> revoking
 *      ^                  ^  |                | |                 |                     |  |
 *      |                  +--|----------------+ |                 |                     |  |
 *      |                  +--|------------------|-----------------|--- given back ------+  |
 *      +---------------------+----- fenced, unknown member, session over, idle ------------+
 *
 *   any --leave, fatal error--> left
 *
 * A coordinator that moves or cannot be reached changes no state: the step that failed is tried again, elsewhere.
 */
export class ClassicMembership {
  readonly #cluster: Cluster
  readonly #coordinator: GroupCoordinator
  readonly #host: MembershipHost
  readonly #options: MembershipOptions
  readonly #heartbeats: Heartbeats
  readonly #leader: GroupLeader
  readonly #wakeup: Wakeup
  readonly #abort = new AbortController()
  #state: State = 'unjoined'
  #memberId = ''
  #generationId = noGeneration
  /** Why the next JoinGroup is sent, for the broker's log (KIP-800). */
  #reason = 'the consumer started'
  #joined: JoinGroupResponse | undefined
  #assignment: TopicPartition[] = []
  #turn: Turn | undefined
  /** What a heartbeat was answered that no joining helps against. */
  #fatal: KafkaError | undefined
  /** Failures since the member was last stable. */
  #attempts = 0
  #running: Promise<void> = Promise.resolve()

  constructor(
    cluster: Cluster,
    coordinator: GroupCoordinator,
    host: MembershipHost,
    options: MembershipOptions,
  ) {
    this.#cluster = cluster
    this.#coordinator = coordinator
    this.#host = host
    this.#options = options
    this.#wakeup = new Wakeup(cluster.runtime.timers)
    this.#leader = new GroupLeader(cluster, () => this.#rejoin('the partitions of the topics changed'))
    this.#heartbeats = new Heartbeats(cluster.runtime, coordinator, {
      sessionTimeoutMs: options.sessionTimeoutMs,
      heartbeatIntervalMs: options.heartbeatIntervalMs,
      retryDelayMs: options.retryDelayMs,
      onBeat: () => {
        this.#leader.look()
        this.#checkIdle()
      },
      onRebalance: () => this.#rejoin('the group rebalances'),
      onLost: (error) => this.#lose(error),
      onFailure: (error) => host.troubled(error),
    })
  }

  get state(): State {
    return this.#state
  }

  /** Who we are to the coordinator, or undefined while no generation is ours: then commits would be refused. */
  identity(): GroupIdentity | undefined {
    const joined = this.#state === 'stable' || this.#state === 'revoking'
    return joined && this.#turn !== 'lost' ? this.#identity() : undefined
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Leaves the group and resolves when nothing of the membership runs any more. Never rejects. */
  async leave(): Promise<void> {
    if (this.#state !== 'left') {
      this.#end()
      await this.#sendLeave('the consumer was closed')
    }
    await this.#running
  }

  /** The topics' partitions are not what they were: the group has to share them anew. */
  #rejoin(reason: string): void {
    this.#reason = reason
    this.#turnTo('rebalance')
  }

  async #run(): Promise<void> {
    while (this.#state !== 'left') {
      try {
        await this.#step()
      } catch (error) {
        await this.#recover(asKafkaError(error))
      }
    }
  }

  #step(): Promise<void> {
    switch (this.#state) {
      case 'unjoined':
        this.#move('joining')
        return this.#join()
      case 'joining':
        return this.#join()
      case 'syncing':
        return this.#sync()
      case 'stable':
        return this.#hold()
      case 'revoking':
        return this.#giveBack()
      default:
        return Promise.resolve()
    }
  }

  async #join(): Promise<void> {
    const { topics, rack, sessionTimeoutMs, rebalanceTimeoutMs, groupInstanceId, assignors } = this.#options
    this.#turn = undefined
    const metadata = encodeSubscription({
      topics,
      ownedPartitions: [],
      generationId: noGeneration,
      rackId: rack,
      userData: null,
    })
    const response = await this.#coordinator.send(
      JoinGroup,
      {
        groupId: this.#coordinator.groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId,
        protocolType: 'consumer',
        protocols: assignors.map(({ name }) => ({ name, metadata })),
        reason: this.#reason,
      },
      { timeoutMs: rebalanceTimeoutMs + joinGraceMs, signal: this.#abort.signal },
    )
    if (this.#state !== 'joining') return
    // A new member is told its id and asked to come again with it, so that none is forgotten halfway (KIP-394).
    if (response.memberId !== '') this.#memberId = response.memberId
    if (response.errorCode === ErrorCodes.MEMBER_ID_REQUIRED) return
    if (response.errorCode !== 0) throw this.#coordinator.error(response.errorCode, 'join the group')
    this.#generationId = response.generationId
    this.#joined = response
    this.#move('syncing')
  }

  async #sync(): Promise<void> {
    const joined = this.#joined!
    const assignments = await this.#leader.assignmentsFor(joined, this.#options.assignors, this.#abort.signal)
    const response = await this.#coordinator.send(
      SyncGroup,
      {
        groupId: this.#coordinator.groupId,
        ...this.#identity(),
        protocolType: 'consumer',
        protocolName: joined.protocolName,
        assignments,
      },
      { timeoutMs: this.#options.rebalanceTimeoutMs + joinGraceMs, signal: this.#abort.signal },
    )
    if (this.#state !== 'syncing') return
    if (response.errorCode !== 0) throw this.#coordinator.error(response.errorCode, 'sync with the group')
    this.#assignment = decodeAssignment(response.assignment)
    this.#attempts = 0
    this.#move('stable')
  }

  /** Reads what was assigned until the group, or the application, has it otherwise. */
  async #hold(): Promise<void> {
    this.#heartbeats.start(this.#identity())
    await this.#host.assigned(this.#assignment)
    while (this.#turn === undefined && this.#state === 'stable') await this.#wakeup.wait()
    if (this.#state !== 'stable') return
    if (this.#turn === 'rebalance') this.#move('revoking')
    else await this.#giveUp()
  }

  async #giveBack(): Promise<void> {
    await this.#host.revoked(this.#assignment, { lost: false })
    if (this.#state !== 'revoking') return
    this.#assignment = []
    if (this.#turn === 'rebalance') {
      this.#heartbeats.stop()
      this.#move('joining')
    } else await this.#giveUp()
  }

  /** The group has given our partitions to others, or is about to because we told it. */
  async #giveUp(): Promise<void> {
    if (this.#fatal !== undefined) return this.#fail(this.#fatal)
    const idle = this.#turn === 'idle'
    this.#heartbeats.stop()
    if (idle) await this.#sendLeave('the application asked for nothing for longer than the rebalance timeout')
    await this.#host.revoked(this.#assignment, { lost: true })
    this.#assignment = []
    if (this.#state === 'left') return
    this.#generationId = noGeneration
    if (idle) this.#memberId = ''
    this.#move('unjoined')
    if (idle) await this.#host.wanted()
  }

  async #recover(error: KafkaError): Promise<void> {
    if (this.#state === 'left') return
    const verdict = verdictOn(error)
    if (verdict === 'fatal') return this.#fail(error)
    if (verdict === 'restart') this.#memberId = ''
    if (verdict === 'restart' || verdict === 'regenerate') {
      this.#generationId = noGeneration
      this.#move('unjoined')
    }
    if (verdict === 'rejoin' && this.#state === 'syncing') this.#move('joining')
    if (verdict === 'retry') this.#host.troubled(error)
    this.#reason = `after ${error.code}`
    this.#attempts += 1
    await this.#wakeup.wait(this.#options.retryDelayMs(this.#attempts))
  }

  async #fail(error: KafkaError): Promise<void> {
    this.#end()
    if (error.code !== 'FENCED_INSTANCE_ID') await this.#sendLeave(`after ${error.code}`)
    await this.#host.revoked(this.#assignment, { lost: true })
    this.#host.failed(error)
  }

  /** Partitions that nobody reads any more are blocked for the whole group, so there is an end to it (KIP-62). */
  #checkIdle(): void {
    if (this.#state === 'stable' && this.#host.idleForMs() > this.#options.rebalanceTimeoutMs)
      this.#turnTo('idle')
  }

  #lose(error: KafkaError): void {
    const verdict = verdictOn(error)
    if (verdict === 'fatal') this.#fatal = error
    else this.#host.troubled(error)
    if (verdict === 'restart') this.#memberId = ''
    this.#reason = `after ${error.code}`
    this.#turnTo('lost')
  }

  #turnTo(turn: Turn): void {
    if (!turnable.has(this.#state)) return
    if (this.#turn !== undefined && turnRank[this.#turn] >= turnRank[turn]) return
    this.#turn = turn
    this.#wakeup.wake()
  }

  #end(): void {
    this.#move('left')
    this.#heartbeats.stop()
    this.#leader.stop()
    this.#abort.abort()
    this.#wakeup.wake()
  }

  /** A static member stays in the group until its session is over, so that a restart finds its partitions. */
  async #sendLeave(reason: string): Promise<void> {
    if (this.#memberId === '' || this.#options.groupInstanceId !== null) return
    const { groupId } = this.#coordinator
    const message = { groupId, members: [{ memberId: this.#memberId, groupInstanceId: null, reason }] }
    try {
      // Not over the coordinator's lane: a JoinGroup may be waiting there.
      await this.#cluster.request({ group: groupId }, LeaveGroup, message, { timeoutMs: leaveTimeoutMs })
    } catch (error) {
      this.#cluster.logger.warn({ groupId, error }, 'could not leave the group; it will notice by itself')
    }
  }

  #identity(): GroupIdentity {
    const { groupInstanceId } = this.#options
    return { memberId: this.#memberId, generationId: this.#generationId, groupInstanceId }
  }

  #move(to: State): void {
    if (!moves[this.#state].includes(to))
      throw new Error(`a group membership cannot go from ${this.#state} to ${to}`)
    this.#state = to
  }
}
