import type { ConsumerBatch } from '../consumer-batch.ts'
import type { ConsumerSettings } from '../options.ts'
import type { FetchedRecords } from './fetched-records.ts'
import type { PartitionState } from './partition.ts'

/** What is handed out: records of one partition, decoded. */
export interface Piece {
  readonly partition: PartitionState
  /** That of the partition when it was decoded. When the two differ, the piece is worthless. */
  readonly incarnation: number
  readonly batch: ConsumerBatch<unknown, unknown>
}

/** Why a partition's next piece cannot be decoded. */
interface Broken {
  readonly partition: PartitionState
  readonly incarnation: number
  readonly error: unknown
}

/** What was taken out of a partition's fetched records and waits for its turn, or is still being uncompressed. */
interface Prepared {
  readonly partition: PartitionState
  readonly outcome: Piece | Broken | Promise<Piece | Broken>
}

export interface FetchBufferEvents {
  /** There is room again for more of this partition; for more of any when it is undefined. */
  onRoom: (partition: PartitionState | undefined) => void
  /** There is something to take. */
  onData: () => void
  /** The records at the partition's position cannot be decoded. Told when it is their turn, not before. */
  onBroken: (partition: PartitionState, error: unknown) => void
}

/** Pieces that are uncompressed off this thread while earlier ones are worked through. */
const preparedAhead = 4

/**
 * What was fetched and waits to be handed out. Partitions take turns, a piece each, so a busy one does not hold back
 * a quiet one; and each has a share of the room, so one whose records are not taken does not take all of it.
 */
export class FetchBuffer {
  readonly #maxBytes: number
  readonly #enoughBytes: number
  readonly #events: FetchBufferEvents
  #bytes = 0
  /** Partitions with something to decode, paused ones left out, in the order of their turns. */
  #turns: PartitionState[] = []
  #prepared: Prepared[] = []
  /** The partition whose piece was taken while it was still being uncompressed. */
  #awaited: PartitionState | undefined

  constructor(
    settings: Pick<ConsumerSettings, 'maxBufferedBytes' | 'maxPartitionBytes'>,
    events: FetchBufferEvents,
  ) {
    this.#maxBytes = settings.maxBufferedBytes
    this.#enoughBytes = settings.maxPartitionBytes
    this.#events = events
  }

  get full(): boolean {
    return this.#bytes >= this.#maxBytes
  }

  get roomBytes(): number {
    return Math.max(0, this.#maxBytes - this.#bytes)
  }

  /** With a fetch more on the way it holds up to twice that. */
  hasEnoughOf(partition: PartitionState): boolean {
    return partition.bufferedBytes >= this.#enoughBytes
  }

  add(partition: PartitionState, fetched: FetchedRecords): void {
    if (partition.fetched.length === 0 && !partition.paused) this.#turns.push(partition)
    partition.fetched.push(fetched)
    this.#count(partition, fetched.sizeBytes)
    this.#events.onData()
  }

  /**
   * The next piece in turn, undefined when there is none. While a piece is uncompressed, a promise of it, which gives
   * undefined when the piece came to nothing: then ask again.
   */
  take(): Piece | Promise<Piece | undefined> | undefined {
    while (true) {
      this.#prepare()
      const index = this.#prepared.findIndex(({ partition }) => !partition.paused)
      if (index === -1) return undefined
      const [{ partition, outcome }] = this.#prepared.splice(index, 1)
      if (outcome instanceof Promise) return this.#await(partition, outcome)
      const piece = this.#handOut(outcome)
      if (piece !== undefined) return piece
    }
  }

  /** Gives back what was taken and not worked through; it is the next of its partition to be taken. */
  putBack(piece: Piece): void {
    const { partition, incarnation } = piece
    if (incarnation !== partition.incarnation) return
    this.#prepared.unshift({ partition, outcome: piece })
    this.#count(partition, piece.batch.sizeBytes)
    this.#events.onData()
  }

  /** Drops all there is of the partition, and makes worthless what is handed out. */
  discard(partition: PartitionState): void {
    this.#evict(partition)
    partition.incarnation += 1
  }

  paused(partition: PartitionState): void {
    this.#turns = this.#turns.filter((turn) => turn !== partition)
  }

  resumed(partition: PartitionState): void {
    if (partition.fetched.length > 0 && !this.#turns.includes(partition)) this.#turns.push(partition)
    this.#events.onData()
  }

  /**
   * Makes room when all of it is taken by partitions that are paused: nothing else would ever come. What is dropped is
   * fetched again when it is wanted.
   */
  evictPaused(partitions: Iterable<PartitionState>): void {
    if (this.#turns.length > 0 || this.#prepared.some(({ partition }) => !partition.paused)) return
    for (const partition of partitions) {
      if (!this.full) return
      if (partition.paused && partition.bufferedBytes > 0 && partition !== this.#awaited)
        this.#evict(partition)
    }
  }

  /** Drops what waits of the partition. The next fetch starts at its position. */
  #evict(partition: PartitionState): void {
    partition.fetched.length = 0
    this.#turns = this.#turns.filter((turn) => turn !== partition)
    this.#prepared = this.#prepared.filter((prepared) => prepared.partition !== partition)
    partition.fetchOffset = partition.position
    this.#count(partition, -partition.bufferedBytes)
  }

  /** Decodes until one piece is ready, or as many as may be are on their way. */
  #prepare(): void {
    let onTheirWay = 0
    for (const { partition, outcome } of this.#prepared) {
      if (partition.paused) continue
      if (!(outcome instanceof Promise)) return
      onTheirWay += 1
    }
    while (onTheirWay < preparedAhead) {
      const partition = this.#turns.shift()
      if (partition === undefined) return
      const outcome = this.#decode(partition)
      if (outcome === undefined) continue
      this.#prepared.push({ partition, outcome })
      if (!(outcome instanceof Promise)) return
      onTheirWay += 1
    }
  }

  /** The partition's next piece; undefined when there is none, and then the partition has had its turn. */
  #decode(partition: PartitionState): Piece | Broken | Promise<Piece | Broken> | undefined {
    const { incarnation } = partition
    for (let fetched = partition.fetched[0]; fetched !== undefined; fetched = partition.fetched[0]) {
      try {
        const batch = fetched.next()
        if (batch !== undefined) {
          this.#turns.push(partition)
          return batch instanceof Promise
            ? batch.then(
                (made) => ({ partition, incarnation, batch: made }),
                (error) => ({ partition, incarnation, error }),
              )
            : { partition, incarnation, batch }
        }
      } catch (error) {
        // No further turn: behind what is broken nothing may be handed out.
        return { partition, incarnation, error }
      }
      partition.fetched.shift()
      this.#count(partition, -fetched.undecodedBytes)
    }
    return undefined
  }

  async #await(partition: PartitionState, outcome: Promise<Piece | Broken>): Promise<Piece | undefined> {
    this.#awaited = partition
    const made = await outcome
    this.#awaited = undefined
    return this.#handOut(made)
  }

  #handOut(made: Piece | Broken): Piece | undefined {
    const { partition, incarnation } = made
    if (incarnation !== partition.incarnation) return undefined
    if ('error' in made) {
      this.#events.onBroken(partition, made.error)
      return undefined
    }
    const { batch } = made
    partition.brokenTimes = 0
    this.#count(partition, -batch.sizeBytes)
    if (batch.nextOffset > partition.position) partition.position = batch.nextOffset
    return made
  }

  #count(partition: PartitionState, bytes: number): void {
    const wasFull = this.full
    const hadEnough = this.hasEnoughOf(partition)
    partition.bufferedBytes += bytes
    this.#bytes += bytes
    if (wasFull && !this.full) this.#events.onRoom(undefined)
    else if (hadEnough && !this.hasEnoughOf(partition)) this.#events.onRoom(partition)
  }
}
