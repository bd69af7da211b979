import { KafkaError } from '../errors.ts'
import type { KafkaRecord } from '../records/index.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ConsumerBatch, RecordWalk } from './consumer-batch.ts'
import type { FetchBuffer, Piece } from './fetch/fetch-buffer.ts'
import type { PartitionState } from './fetch/partition.ts'
import { Wakeup } from './wakeup.ts'

/** How records are delivered. */
export type DeliveryForm = 'records' | 'batches'

export interface HandoutOptions {
  /** True when nothing will ever come again, because all that was to be read was handed out. */
  finished: () => boolean
}

/**
 * An application may go through what is buffered without ever waiting; then no socket is read, no timer runs and no
 * heartbeat is sent. After so long it has to wait for one turn of the event loop.
 */
const breathEveryMs = 10

/**
 * Hands what was fetched to the application, a piece at a time and in one form at a time, and knows what the
 * application has in hand. A piece is processed when the next one is asked for; of a piece that is given out record
 * by record, so is each record. Leaving the loop gives back what was not processed.
 *
 *   idle --open--> open --shut--> idle          open, with a piece in hand or not
 *
 * Handing out can be suspended, as in a rebalance: nothing new is given then, and `settled` tells when what is in hand
 * was processed or given back.
 */
export class Handout {
  readonly #buffer: FetchBuffer
  readonly #runtime: Runtime
  readonly #options: HandoutOptions
  readonly #wakeup: Wakeup
  #form: DeliveryForm | undefined
  /** The number of the loop; one that is left finds that it is another. */
  #session = 0
  #hand: Piece | undefined
  /** The place within the piece in hand; where records are given one by one it stands at the record in hand. */
  #walk: RecordWalk<unknown, unknown> | undefined
  /** What is left of the piece in hand is not to be given now. */
  #interrupted = false
  #suspended = false
  #ended = false
  #closed = false
  #failure: { readonly error: unknown } | undefined
  #failedForGood = false
  #breathedAtMs = Number.NEGATIVE_INFINITY
  /** Grows with each record or batch that is asked for. */
  #asked = 0
  /** Something is being waited for. */
  #asking = false
  /** What `#asked` was when `idleForMs` last saw it change, and when that was. */
  #askedSeen = -1
  #askedSeenAtMs = 0
  #settledWaiters: (() => void)[] = []
  #askedWaiters: (() => void)[] = []

  constructor(buffer: FetchBuffer, runtime: Runtime, options: HandoutOptions) {
    this.#buffer = buffer
    this.#runtime = runtime
    this.#options = options
    this.#wakeup = new Wakeup(runtime.timers)
  }

  /** Throws when records are being delivered already: two loops would mark each other's records as processed. */
  open(form: DeliveryForm): void {
    if (this.#form !== undefined)
      throw new KafkaError(
        'ILLEGAL_STATE',
        `this consumer is being iterated over already, by ${this.#form}; leave that loop first, or make another consumer`,
      )
    this.#form = form
  }

  /** The loop was left: what was not processed goes back, to be given first when a loop is opened again. */
  shut(): void {
    this.#form = undefined
    this.#session += 1
    this.#release(false)
    this.#wakeup.wake()
  }

  /**
   * The next record, when the piece in hand has one; else `askRecord` has to be asked. The record before it becomes
   * processed without any bookkeeping, because the walk stands at the one in hand. Throws `CorruptRecordsError`.
   */
  nextInHand(): KafkaRecord<unknown, unknown> | undefined {
    this.#asked += 1
    if (this.#walk === undefined || this.#interrupted) return undefined
    // Reading the clock takes 30 ns; once in 64 records it does not show.
    if ((this.#asked & 63) === 0 && this.#needsBreath()) return undefined
    return this.#advance(this.#walk)
  }

  /**
   * The next record as soon as there is one, undefined when there will be none. The one before it is processed.
   * Rejects with each failure, and again and again after one for good.
   */
  async askRecord(): Promise<KafkaRecord<unknown, unknown> | undefined> {
    const session = this.#session
    while (session === this.#session) {
      if (this.#walk !== undefined && !this.#interrupted) {
        if (this.#needsBreath()) await this.#breathe()
        if (session !== this.#session) return undefined
        const record = this.#walk !== undefined && !this.#interrupted ? this.#advance(this.#walk) : undefined
        if (record !== undefined) return record
      }
      const piece = await this.#nextPiece(session)
      if (piece === undefined) return undefined
      this.#walk = piece.batch[Symbol.iterator]()
    }
    return undefined
  }

  /** The next batch as soon as there is one, undefined when there will be none. The one before it is processed. */
  async askBatch(): Promise<ConsumerBatch<unknown, unknown> | undefined> {
    this.#asked += 1
    const session = this.#session
    while (true) {
      const piece = await this.#nextPiece(session)
      // Of what was fetched everything may be below the position, or lost to compaction: nothing to be seen then.
      if (piece === undefined || piece.batch[Symbol.iterator]().advance()) return piece?.batch
    }
  }

  /** Everything up to and with this record was processed. Ignores what was never handed out. */
  markProcessed(partition: PartitionState, offset: bigint, leaderEpoch: number): void {
    if (offset >= partition.fetchOffset) return
    advance(partition, offset + 1n, leaderEpoch)
    if (partition.position < partition.processed) partition.position = partition.processed
  }

  /** Brings the processed offset of the partition in hand up to date. */
  sync(): void {
    if (this.#hand === undefined || this.#walk === undefined || !this.#walk.started) return
    if (this.#isStale(this.#hand)) return
    advance(this.#hand.partition, this.#walk.offset, this.#walk.leaderEpoch)
  }

  /** The offset behind what was handed out of this partition. */
  positionOf(partition: PartitionState): bigint {
    const hand = this.#hand
    if (hand?.partition !== partition || this.#walk === undefined || this.#isStale(hand))
      return partition.position
    return this.#walk.started ? this.#walk.offset + 1n : partition.processed
  }

  /** Gives nothing more of the partition; what is left of the piece in hand goes back when the next is asked for. */
  interrupt(partition: PartitionState): void {
    if (this.#hand?.partition === partition) this.#interrupted = true
  }

  /** What is in hand of the partition does not count any more: it was sought elsewhere, or is somebody else's. */
  forget(partition: PartitionState): void {
    if (this.#hand?.partition !== partition) return
    this.#hand = undefined
    this.#walk = undefined
    this.#settle()
  }

  /** Gives nothing new until `resume`. */
  suspend(): void {
    this.#suspended = true
    this.#interrupted = this.#hand !== undefined
  }

  resume(): void {
    this.#suspended = false
    this.#interrupted = false
    this.#wakeup.wake()
  }

  /** Resolves when nothing is in hand: with true, or with false when that takes longer than `maxMs`. */
  settled(maxMs: number): Promise<boolean> {
    if (this.#hand === undefined || this.#ended) return Promise.resolve(true)
    return new Promise((resolve) => {
      const timer = this.#runtime.timers.after(maxMs, () => resolve(false))
      this.#settledWaiters.push(() => {
        timer.cancel()
        resolve(true)
      })
    })
  }

  /** Resolves when the application asks for more, at once when it waits for some; or never will because of `close`. */
  wanted(): Promise<void> {
    if (this.#closed || this.#asking) return Promise.resolve()
    return new Promise((resolve) => this.#askedWaiters.push(resolve))
  }

  /**
   * How long the application has not asked for anything, be it that it works on what is in hand or that it left the
   * loop. To be called at intervals, which are its exactness.
   */
  idleForMs(): number {
    const now = this.#runtime.clock.monotonicMs()
    if (this.#asked !== this.#askedSeen || this.#asking) {
      this.#askedSeen = this.#asked
      this.#askedSeenAtMs = now
    }
    return now - this.#askedSeenAtMs
  }

  /** Something may have come. */
  wake(): void {
    this.#wakeup.wake()
  }

  /** The next that is asked for rejects with `error`; with `forGood` all that follow, too. */
  fail(error: unknown, forGood = false): void {
    if (this.#failedForGood) return
    this.#failure = { error }
    this.#failedForGood = forGood
    this.#wakeup.wake()
  }

  /** Nothing more is handed out, ever. */
  end(): void {
    this.#ended = true
    this.#interrupted = true
    this.#settle()
    this.#wakeup.wake()
  }

  /** The end, and nobody waits for the application any more. */
  close(): void {
    this.#closed = true
    this.end()
    this.#tellWanted()
  }

  #advance(walk: RecordWalk<unknown, unknown>): KafkaRecord<unknown, unknown> | undefined {
    try {
      return walk.advance() ? walk.record() : undefined
    } catch (error) {
      // The records before the broken one are processed; the next loop comes upon it again.
      this.#release(true)
      throw error
    }
  }

  async #nextPiece(session: number): Promise<Piece | undefined> {
    if (session !== this.#session) return undefined
    this.#release(true)
    this.#tellWanted()
    this.#asking = true
    try {
      return await this.#take(session)
    } finally {
      this.#asking = false
    }
  }

  async #take(session: number): Promise<Piece | undefined> {
    while (session === this.#session) {
      this.#throwFailure()
      if (this.#ended) return undefined
      if (this.#needsBreath()) await this.#breathe()
      if (!this.#suspended) {
        const taken = this.#buffer.take()
        const piece = taken instanceof Promise ? await taken : taken
        if (piece !== undefined) {
          if (this.#grip(piece, session)) return this.#hand
          continue
        }
        if (taken !== undefined) continue
        if (this.#options.finished()) return undefined
      }
      await this.#wakeup.wait()
      this.#breathedAtMs = this.#runtime.clock.monotonicMs()
    }
    return undefined
  }

  /** Takes a piece into the hand, unless things changed while it was uncompressed. */
  #grip(piece: Piece, session: number): boolean {
    if (this.#isStale(piece)) return false
    if (this.#suspended || this.#ended || session !== this.#session) {
      this.#giveBack(piece)
      return false
    }
    const { partition, incarnation, batch } = piece
    this.#hand = { partition, incarnation, batch: batch.from(partition.processed) }
    this.#interrupted = false
    return true
  }

  /** Empties the hand. What is in it was processed, or else only as much of it as was marked. */
  #release(processed: boolean): void {
    const hand = this.#hand
    const walk = this.#walk
    this.#hand = undefined
    this.#walk = undefined
    this.#interrupted = false
    if (hand === undefined) return
    if (!this.#isStale(hand)) {
      const { partition, batch } = hand
      if (walk === undefined ? processed : walk.ended) advance(partition, batch.nextOffset, batch.leaderEpoch)
      else if (walk?.started) advance(partition, walk.offset + (processed ? 1n : 0n), walk.leaderEpoch)
      if (partition.processed < batch.nextOffset) this.#giveBack(hand)
    }
    this.#settle()
  }

  #giveBack(piece: Piece): void {
    this.#buffer.putBack(piece)
    piece.partition.position = piece.partition.processed
  }

  #tellWanted(): void {
    for (const waiter of this.#askedWaiters.splice(0)) waiter()
  }

  #settle(): void {
    for (const waiter of this.#settledWaiters.splice(0)) waiter()
  }

  #isStale(piece: Piece): boolean {
    return piece.incarnation !== piece.partition.incarnation
  }

  #throwFailure(): void {
    const failure = this.#failure
    if (failure === undefined) return
    if (!this.#failedForGood) this.#failure = undefined
    throw failure.error
  }

  #needsBreath(): boolean {
    return this.#runtime.clock.monotonicMs() - this.#breathedAtMs > breathEveryMs
  }

  #breathe(): Promise<void> {
    return new Promise((resolve) => {
      this.#runtime.timers.defer(() => {
        this.#breathedAtMs = this.#runtime.clock.monotonicMs()
        resolve()
      })
    })
  }
}

/** What is processed only grows, until the partition is sought elsewhere. */
function advance(partition: PartitionState, offset: bigint, leaderEpoch: number): void {
  if (offset <= partition.processed) return
  partition.processed = offset
  partition.processedEpoch = leaderEpoch
}
