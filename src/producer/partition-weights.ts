/** What waits for one partition, oldest first. A `PartitionQueue` is one. */
export interface WaitingBatches {
  /** Who sends to the partition's leader: partitions with the same one share its queue. */
  readonly leader: unknown
  readonly batches: readonly {
    readonly sizeBytes: number
    /** When it was opened, by the monotonic clock. */
    readonly createdMs: number
    /** How often it was sent so far. */
    readonly attempts: number
  }[]
}

export interface QueuesOfTopic {
  /** In ascending order. */
  readonly availablePartitions: readonly number[]
  /** By partition. */
  readonly queues: readonly WaitingBatches[]
}

export interface WeightRules {
  readonly turnBytes: number
  readonly lingerMs: number
  readonly availabilityTimeoutMs: number
}

/** What waits for one broker, over the partitions of the topic that it leads. */
interface BrokerLoad {
  waitingBytes: number
  partitions: number
  /** A batch has waited for the broker longer than it may. */
  late: boolean
}

/** Weights are worked out again when they are older: with 2,000 partitions that takes 90 us, so less than 1% of the time. */
const FRESH_MS = 10

/**
 * How likely each partition is to have the next turn: the less, the more waits for its broker (KIP-794). Where the
 * longest queue is `q` turns long, a partition behind a queue of `n` turns has the weight `q + 1 - n`, as in Java.
 * There a queue is a partition's, in batches; here it is its broker's, in turns of bytes for each of its partitions:
 * the broker is what is slow, and batches here may be small or large.
 */
export class PartitionWeights {
  /** Ends of the stretches that partitions have of [0, total), in the order of `#partitions`. */
  readonly #ends: number[] = []
  readonly #partitions: number[] = []
  readonly #brokers = new Map<unknown, BrokerLoad>()
  #weighedMs = Number.NEGATIVE_INFINITY
  #weighed: readonly number[] | undefined
  #differ = false

  /** Brings the weights up to date; false when all partitions with a leader have the same one. */
  weigh(nowMs: number, topic: QueuesOfTopic, rules: WeightRules): boolean {
    if (topic.availablePartitions === this.#weighed && nowMs - this.#weighedMs < FRESH_MS) return this.#differ
    this.#weighed = topic.availablePartitions
    this.#weighedMs = nowMs
    this.#differ = false
    this.#measure(nowMs, topic, rules)
    if (this.#brokers.size > 1 || rules.availabilityTimeoutMs > 0) this.#fill(topic, rules)
    this.#brokers.clear()
    return this.#differ
  }

  /** The partition at a number from [0, 1). Only after `weigh` has said true. */
  draw(unit: number): number {
    const ends = this.#ends
    const at = unit * ends[ends.length - 1]
    let low = 0
    let high = ends.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (ends[middle] > at) high = middle
      else low = middle + 1
    }
    return this.#partitions[low]
  }

  #measure(nowMs: number, { availablePartitions, queues }: QueuesOfTopic, rules: WeightRules): void {
    const { availabilityTimeoutMs, lingerMs } = rules
    for (const partition of availablePartitions) {
      const { leader, batches } = queues[partition]
      let load = this.#brokers.get(leader)
      if (load === undefined) {
        load = { waitingBytes: 0, partitions: 0, late: false }
        this.#brokers.set(leader, load)
      }
      load.partitions++
      for (const { sizeBytes } of batches) load.waitingBytes += sizeBytes
      if (availabilityTimeoutMs > 0 && batches.length > 0 && batches[0].attempts === 0) {
        // One that was sent before waits for its own next attempt: that says nothing of the broker.
        load.late ||= nowMs - batches[0].createdMs - lingerMs > availabilityTimeoutMs
      }
    }
  }

  #fill({ availablePartitions, queues }: QueuesOfTopic, { turnBytes }: WeightRules): void {
    let longest = 0
    let shortest = Number.POSITIVE_INFINITY
    let late = 0
    for (const load of this.#brokers.values()) {
      const turns = load.waitingBytes / load.partitions / turnBytes
      if (load.late) late++
      else {
        longest = Math.max(longest, turns)
        shortest = Math.min(shortest, turns)
      }
    }
    // With every broker late there is none to go to instead.
    if (late === this.#brokers.size || (late === 0 && longest === shortest)) return
    this.#differ = true
    this.#ends.length = 0
    this.#partitions.length = 0
    let end = 0
    for (const partition of availablePartitions) {
      const load = this.#brokers.get(queues[partition].leader)!
      if (load.late) continue
      end += longest + 1 - load.waitingBytes / load.partitions / turnBytes
      this.#ends.push(end)
      this.#partitions.push(partition)
    }
  }
}
