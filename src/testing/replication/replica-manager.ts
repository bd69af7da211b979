import type { Runtime, Timer } from '../../runtime/runtime.ts'
import type { StorageBudget } from '../log/storage-budget.ts'
import type { Partition } from '../state/partition.ts'
import { Replica } from './replica.ts'

/** What a broker's replicas need of the rest of the cluster. */
export interface ReplicaPeers {
  /** The replicas of another broker, when a request of `from` would reach it and be answered. */
  reach(from: number, to: number): ReplicaManager | undefined
  /**
   * Asks the controller for other in-sync replicas. Gives the partition epoch of its decision; undefined, and nothing comes of
   * it, when the controller does not hear that or knows better.
   */
  alterIsr(from: number, partition: Partition, isr: readonly number[]): number | undefined
  /** Whether the controller takes the broker for alive, as the broker `asking` knows. */
  isAlive(asking: number, id: number): boolean
}

export interface ReplicaManagerOptions {
  readonly nodeId: number
  readonly peers: ReplicaPeers
  readonly budget: StorageBudget
  readonly runtime: Runtime
  /** How long records take from a leader to a follower, drawn anew each time. */
  readonly replicationDelayMs: () => number
}

/**
 * The replicas of one broker. As the leader of a partition it says what is committed and who is in sync; as a follower
 * it copies what its leader has. A follower's long poll is modelled by telling it when there is something to fetch.
 */
export class ReplicaManager {
  readonly #options: ReplicaManagerOptions
  /** By topic id and partition. They outlive the broker's process, as the files of a broker do. */
  readonly #replicas = new Map<string, Replica>()
  /** The partitions that this broker has a part in, while its process runs. */
  readonly #partitions = new Map<string, Partition>()
  /** Those that a copy is on its way for. */
  readonly #expected = new Map<Partition, Timer>()

  constructor(options: ReplicaManagerOptions) {
    this.#options = options
  }

  /** The broker's view says something new of a partition. */
  changed(partition: Partition): void {
    const { nodeId, runtime, budget } = this.#options
    const key = keyOf(partition)
    if (!partition.replicas.includes(nodeId)) {
      this.removed(partition)
      return
    }
    let replica = this.#replicas.get(key)
    if (replica === undefined) {
      replica = new Replica(budget)
      this.#replicas.set(key, replica)
    }
    partition.replica = replica
    this.#partitions.set(key, partition)
    if (partition.leaderId === nodeId) {
      const followers = partition.replicas.filter((id) => id !== nodeId)
      replica.lead(partition.leaderEpoch, followers, runtime.clock.monotonicMs())
      this.#heardOf(partition, replica)
      this.appended(partition)
    } else {
      replica.follow(partition.leaderEpoch)
      this.#expect(partition)
    }
  }

  /** The leader hears what the controller has decided. */
  #heardOf({ registration }: Partition, { joining }: Replica): void {
    for (const [id, decidedIn] of joining) if (registration.partitionEpoch >= decidedIn) joining.delete(id)
  }

  /** The broker has no part in the partition any more, or there is none. */
  removed(partition: Partition): void {
    const key = keyOf(partition)
    this.#replicas.get(key)?.log.discard()
    this.#replicas.delete(key)
    this.#partitions.delete(key)
    partition.replica = undefined
    partition.notify()
  }

  /** Records were appended to a partition that this broker leads, or they may be committed by now. */
  appended(partition: Partition): void {
    this.#advance(partition)
    partition.notify()
    if (partition.replicas.length === 1) return
    for (const id of partition.replicas) {
      if (id !== this.#options.nodeId) this.#follower(id, partition)?.expectFrom(partition)
    }
  }

  /** The leader's partition has something for this follower. */
  expectFrom(leading: Partition): void {
    const partition = this.#partitions.get(keyOf(leading))
    if (partition !== undefined) this.#expect(partition)
  }

  /** Brokers have come or gone, or can be reached again: what was missed is copied now, and who has all is in sync. */
  catchUp(): void {
    for (const partition of this.#partitions.values()) {
      if (partition.replica?.role === 'follower') this.#expect(partition)
      else if (partition.replica?.role === 'leader') this.appended(partition)
    }
  }

  /** The process of the broker is gone; its logs stay. */
  stop(): void {
    for (const partition of this.#partitions.values()) partition.replica = undefined
    for (const replica of this.#replicas.values()) replica.forget()
    for (const timer of this.#expected.values()) timer.cancel()
    this.#partitions.clear()
    this.#expected.clear()
  }

  /** Forgets the replicas of topics that are gone. */
  keepOnly(isThere: (topicId: string) => boolean): void {
    for (const [key, replica] of this.#replicas) {
      if (isThere(key.slice(0, key.indexOf('/')))) continue
      replica.log.discard()
      this.#replicas.delete(key)
    }
  }

  /** Gives all memory back. */
  discard(): void {
    this.stop()
    for (const replica of this.#replicas.values()) replica.log.discard()
    this.#replicas.clear()
  }

  /** The logs of this broker, for who looks at it from outside. */
  replicaOf(topicId: string, index: number): Replica | undefined {
    return this.#replicas.get(`${topicId}/${index}`)
  }

  /** Takes followers that have been behind for longer than `lagMaxMs` out of the in-sync replicas. */
  dropLaggards(lagMaxMs: number): void {
    const nowMs = this.#options.runtime.clock.monotonicMs()
    for (const partition of this.#partitions.values()) {
      const { replica } = partition
      if (replica?.role !== 'leader') continue
      const inSync = partition.isr.filter((id) => {
        const progress = replica.followers.get(id)
        if (progress === undefined) return true
        if (progress.endOffset === replica.log.endOffset) {
          if (this.#follower(id, partition) !== undefined) progress.caughtUpAtMs = nowMs
          return true
        }
        return nowMs - progress.caughtUpAtMs <= lagMaxMs
      })
      if (inSync.length < partition.isr.length)
        this.#options.peers.alterIsr(this.#options.nodeId, partition, inSync)
    }
  }

  // --- the follower's side ---

  #expect(partition: Partition): void {
    if (this.#expected.has(partition)) return
    const delayMs = this.#options.replicationDelayMs()
    if (delayMs <= 0) {
      this.#copy(partition)
      return
    }
    const timer = this.#options.runtime.timers.after(delayMs, () => {
      this.#expected.delete(partition)
      this.#copy(partition)
    })
    this.#expected.set(partition, timer)
  }

  #copy(partition: Partition): void {
    const { nodeId, peers, runtime } = this.#options
    const { replica, leaderId, leaderEpoch } = partition
    if (replica?.role !== 'follower' || leaderId === -1) return
    const leader = peers.reach(nodeId, leaderId)
    const leading = leader?.leads(partition, leaderEpoch)
    if (leader === undefined || leading === undefined) return
    const watermarkBefore = replica.highWatermark
    replica.copyFrom(leading.replica!, runtime.clock.now())
    if (replica.highWatermark > watermarkBefore) partition.notify()
    leader.#copied(leading, nodeId, replica)
  }

  // --- the leader's side ---

  /** The partition, when this broker leads it in that epoch. */
  leads(partition: Partition, leaderEpoch: number): Partition | undefined {
    const own = this.#partitions.get(keyOf(partition))
    const { replica } = own ?? {}
    return replica?.role === 'leader' && replica.leaderEpoch === leaderEpoch ? own : undefined
  }

  #follower(id: number, partition: Partition): ReplicaManager | undefined {
    const { nodeId, peers } = this.#options
    // It is the follower that asks, so it has to reach its leader.
    const follower = peers.reach(nodeId, id)
    if (follower === undefined || peers.reach(id, nodeId) === undefined) return undefined
    return follower.#partitions.has(keyOf(partition)) ? follower : undefined
  }

  #copied(partition: Partition, followerId: number, follower: Replica): void {
    const { nodeId, peers, runtime } = this.#options
    const replica = partition.replica!
    const progress = replica.followers.get(followerId)
    if (progress === undefined) return
    progress.endOffset = follower.log.endOffset
    if (progress.endOffset >= replica.log.endOffset) progress.caughtUpAtMs = runtime.clock.monotonicMs()
    const isInSync =
      progress.endOffset >= replica.highWatermark &&
      progress.endOffset >= Math.min(replica.epochStartOffset, replica.log.endOffset)
    if (isInSync && !partition.isr.includes(followerId) && peers.isAlive(nodeId, followerId)) {
      const decidedIn = peers.alterIsr(nodeId, partition, [...partition.isr, followerId])
      if (decidedIn !== undefined && decidedIn > partition.registration.partitionEpoch) {
        replica.joining.set(followerId, decidedIn)
      }
    }
    const before = replica.highWatermark
    this.#advance(partition)
    if (replica.highWatermark > before) partition.notify()
    // Followers are told of what is committed by the answer to their next fetch.
    const knowsLess = Math.min(follower.log.endOffset, replica.highWatermark) > follower.highWatermark
    for (const id of partition.replicas) {
      const isToldLater = id === followerId ? knowsLess : id !== nodeId && replica.highWatermark > before
      if (isToldLater) this.#follower(id, partition)?.expectFrom(partition)
    }
  }

  /** What every in-sync replica has is committed, as long as they are enough (KIP-966). */
  #advance(partition: Partition): void {
    const replica = partition.replica!
    const { isr, replicas, topic } = partition
    if (isr.length < Math.min(topic.settings.minInsyncReplicas, replicas.length)) return
    let least = replica.log.endOffset
    for (const id of replica.joining.size === 0 ? isr : new Set([...isr, ...replica.joining.keys()])) {
      if (id !== this.#options.nodeId) least = Math.min(least, replica.followers.get(id)?.endOffset ?? -1)
    }
    if (least > replica.highWatermark) replica.highWatermark = least
  }
}

function keyOf({ topic, index }: Partition): string {
  return `${topic.id}/${index}`
}
