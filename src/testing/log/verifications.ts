import type { ProducerBatch } from './producer-states.ts'

/** The most producers whose verifications are remembered; beyond it the oldest one is forgotten. */
const maxVerifications = 10_000

/** A transaction that was about to write to the partition. */
interface Verification {
  epoch: number
  /** The smallest that was seen in this epoch. */
  lowestSequence: number
  isVersion2: boolean
}

/**
 * The transactions that were about to write their first batch to a partition (KIP-890). The first batch may have to
 * be sent again, so none with a higher sequence may be taken before it.
 */
export class Verifications {
  readonly #byProducer = new Map<bigint, Verification>()

  /** The transaction's coordinator is asked whether the batch may be taken. */
  begin({ producerId, epoch, baseSequence }: ProducerBatch, isVersion2: boolean): void {
    const known = this.#byProducer.get(producerId)
    if (known === undefined) {
      this.#byProducer.set(producerId, { epoch, lowestSequence: baseSequence, isVersion2 })
      if (this.#byProducer.size > maxVerifications) {
        this.#byProducer.delete(this.#byProducer.keys().next().value!)
      }
    } else if (epoch > known.epoch) {
      known.epoch = epoch
      known.lowestSequence = baseSequence
    } else if (epoch === known.epoch) {
      known.lowestSequence = Math.min(known.lowestSequence, baseSequence)
    }
  }

  /** Whether no batch with a lower sequence is missing. */
  allow({ producerId, baseSequence }: ProducerBatch, isUnknownProducer: boolean): boolean {
    const known = this.#byProducer.get(producerId)
    if (known === undefined) return true
    if (known.isVersion2 && isUnknownProducer && baseSequence !== 0) return false
    return baseSequence <= known.lowestSequence
  }

  /** The transaction has written, or has ended. */
  end(producerId: bigint): void {
    this.#byProducer.delete(producerId)
  }
}
