import type { Offer } from '../versions/offer.ts'
import type { ReleasedFeature } from '../versions/release.ts'

/**
 * Clients behave in other ways once a feature is finalized, so it is told only by a broker that has what they use
 * then: the APIs with these keys, in the release and here.
 */
const neededApis: Readonly<Record<string, readonly number[]>> = {
  // InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, TxnOffsetCommit
  'transaction.version': [22, 24, 25, 26, 28],
  // ConsumerGroupHeartbeat
  'group.version': [68],
  // ShareGroupHeartbeat, ShareFetch, ShareAcknowledge
  'share.version': [76, 78, 79],
  // StreamsGroupHeartbeat
  'streams.version': [88],
}

/** The features of a cluster (KIP-584): what its brokers support, and the levels that are finalized. */
export class Features {
  readonly supported: readonly ReleasedFeature[]
  readonly #levels = new Map<string, number>()
  #epoch = 0n

  constructor({ release, handlers }: Offer) {
    this.supported = release.features.filter(({ name }) =>
      (neededApis[name] ?? []).every((key) => handlers.has(key)),
    )
    for (const { name, finalized } of this.supported) this.#levels.set(name, finalized)
  }

  /** Grows with every change. */
  get epoch(): bigint {
    return this.#epoch
  }

  /** The level that a feature is finalized at; 0 when it is not, or is not known. */
  level(name: string): number {
    return this.#levels.get(name) ?? 0
  }

  isFinalized(name: string): boolean {
    return this.level(name) > 0
  }

  /** The features that are finalized at a level above 0. */
  finalized(): { name: string; level: number }[] {
    return this.supported
      .map(({ name }) => ({ name, level: this.level(name) }))
      .filter(({ level }) => level > 0)
  }

  /** Finalizes a supported feature at a supported level; 0: it is finalized no more. */
  finalize(name: string, level: number): void {
    if (this.level(name) === level) return
    this.#levels.set(name, level)
    this.#epoch += 1n
  }
}
