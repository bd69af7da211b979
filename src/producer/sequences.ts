import { KafkaError } from '../errors.ts'
import type { ProducerBatch } from './batch.ts'

/** Sequence numbers go round after this one. */
const LARGEST_SEQUENCE = 0x7fff_ffff

/** What became of a batch in the end, as far as the log goes. */
export type Fate = 'written' | 'not written' | 'unknown'

type State = 'in order' | 'rewinding' | 'doubtful'

const moves: Record<State, readonly State[]> = {
  'in order': ['rewinding', 'doubtful'],
  rewinding: ['in order', 'doubtful'],
  doubtful: ['in order'],
}

/** A producer id and an epoch of it. */
export interface Identity {
  readonly producerId: bigint
  readonly epoch: number
}

/** What the machine needs of the queue that it belongs to. */
export interface SequencedQueue {
  readonly batches: readonly ProducerBatch[]
  readonly inFlight: readonly ProducerBatch[]
}

/**
 * The sequence numbers of one partition's batches (KIP-98). A broker takes a batch only when its number follows the
 * last one, so a batch that is lost holds up all behind it, and one that comes twice is written once.
 *
 *   in order --a batch failed that was not written--> rewinding --nothing in flight--> in order, its number is used again
 *      |  ^                                               |
 *      |  +-- nothing in flight: new epoch, from 0 --+    | a batch's fate is unknown, or the broker lost track
 *      +-- a batch's fate is unknown, -----------> doubtful <--+
 *          or the broker lost track                  |
 *                                                    +-- a later batch was written, so the one before was --> in order
 *
 * Batches keep their numbers from one attempt to the next. While the machine is not in order nothing new leaves, and
 * when nothing is in flight any more `settle` puts it in order: numbers are given anew, in the same epoch when
 * all batches are known not to be written, else in a new one (KIP-360). What may be written is never sent again in another epoch.
 */
export class Sequences implements Identity {
  producerId = -1n
  epoch = -1
  #state: State = 'in order'
  #next = 0
  /** A batch of this identity was written. */
  #isKnownToBroker = false
  /** The first batch without an acknowledgement has this number. */
  #expected = 0
  /** Where to go on after batches that were not written. */
  #rewindTo = 0
  #rewindBatch = -1
  /** The number, among the producer's batches, of the last one that was written; -1: none. */
  #lastWritten = -1
  /** That of the last one whose fate is unknown; -1: none. */
  #doubtfulBatch = -1

  get isInOrder(): boolean {
    return this.#state === 'in order'
  }

  /**
   * Whether a batch may leave beside so many that are on their way. A broker that does not know the producer takes
   * whatever number comes first. If the first batch was refused for another reason, the second would be written before it;
   * so until one is written they leave one at a time.
   */
  mayLeaveBeside(inFlight: number): boolean {
    return inFlight === 0 || this.#isKnownToBroker
  }

  /** Begins with an identity, or another epoch of it; no batch has a number of the one before. */
  begin(producerId: bigint, epoch: number): void {
    this.producerId = producerId
    this.epoch = epoch
    this.#next = 0
    this.#expected = 0
    this.#isKnownToBroker = false
  }

  /** Numbers a batch that leaves for the first time; one that is tried again keeps its number. */
  number(batch: ProducerBatch): void {
    if (batch.baseSequence >= 0) return
    batch.baseSequence = this.#next
    batch.producerId = this.producerId
    batch.producerEpoch = this.epoch
    this.#next = after(this.#next, batch.count)
  }

  /** The broker refuses the batch's number. Whether one before it is still to come, so that this is no wonder. */
  comesTooEarly(batch: ProducerBatch): boolean {
    return batch.baseSequence !== this.#expected
  }

  /** The broker knows the producer no more, or another way than we do: it needs a new epoch. */
  lostTrack(): void {
    if (this.#state !== 'doubtful') this.#move('doubtful')
  }

  /** A batch has left for good. */
  resolved(batch: ProducerBatch, fate: Fate): void {
    if (batch.baseSequence < 0 || batch.producerId !== this.producerId || batch.producerEpoch !== this.epoch)
      return
    // The broker took a later one, so it has this one, too.
    if (fate !== 'written' && batch.number < this.#lastWritten) return
    switch (fate) {
      case 'written':
        this.#expected = after(batch.baseSequence, batch.count)
        this.#isKnownToBroker = true
        this.#lastWritten = Math.max(this.#lastWritten, batch.number)
        // The broker took this one, so it has every one before it.
        if (this.#state === 'doubtful' && this.#doubtfulBatch >= 0 && batch.number > this.#doubtfulBatch) {
          this.#doubtfulBatch = -1
          this.#move('in order')
        }
        break
      case 'not written':
        if (this.#state === 'in order') this.#move('rewinding')
        else if (this.#state === 'doubtful' || batch.number > this.#rewindBatch) break
        this.#rewindTo = batch.baseSequence
        this.#rewindBatch = batch.number
        break
      case 'unknown':
        this.#doubtfulBatch = Math.max(this.#doubtfulBatch, batch.number)
        if (this.#state !== 'doubtful') this.#move('doubtful')
    }
  }

  /**
   * Puts the machine in order, when nothing is in flight any more. `newEpoch` gives another epoch, or
   * undefined when it has to be waited for; `isLost` is told of
   * each batch that may be written and cannot be sent again.
   */
  settle(
    queue: SequencedQueue,
    newEpoch: (present: Identity) => Identity | undefined,
    isLost: (batch: ProducerBatch) => void,
  ): void {
    if (this.#state === 'in order' || queue.inFlight.length > 0) return
    const numbered = queue.batches.filter(({ baseSequence }) => baseSequence >= 0)
    if (this.#state === 'rewinding') {
      // Those before it keep their numbers: they may be written, and are known again by them.
      for (const batch of numbered) if (batch.number > this.#rewindBatch) batch.baseSequence = -1
      this.#next = this.#rewindTo
      this.#move('in order')
      return
    }
    const identity = newEpoch(this)
    if (identity === undefined) return
    const { producerId, epoch } = identity
    for (const batch of numbered) {
      if (batch.mayBeWritten) isLost(batch)
      else batch.baseSequence = -1
    }
    this.#doubtfulBatch = -1
    this.begin(producerId, epoch)
    this.#move('in order')
  }

  #move(to: State): void {
    if (!moves[this.#state].includes(to)) {
      throw new KafkaError('ILLEGAL_STATE', `sequences that are ${this.#state} cannot become ${to}`, {
        fatal: true,
      })
    }
    this.#state = to
  }
}

function after(sequence: number, count: number): number {
  const next = sequence + count
  return next > LARGEST_SEQUENCE ? next - LARGEST_SEQUENCE - 1 : next
}
