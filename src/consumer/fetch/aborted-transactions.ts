import { type BatchView, readEndMarker } from '../../records/index.ts'

/** A transaction that was aborted, as a Fetch response lists it for the records that it brings. */
export interface AbortedTransaction {
  producerId: bigint
  firstOffset: bigint
}

/**
 * Tells which batches of one fetched stretch belong to aborted transactions (KIP-98). Batches have to be shown in
 * order, all of them: a transaction's end is a batch too.
 */
export class AbortedTransactions {
  /** By first offset; those before `#begun` have begun. */
  readonly #transactions: readonly AbortedTransaction[]
  #begun = 0
  /** The producers that are inside an aborted transaction. */
  readonly #aborting = new Set<bigint>()

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#transactions = [...transactions].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  }

  /** True when the batch was aborted. Throws `CorruptRecordsError` for a control batch that cannot be read. */
  covers(batch: BatchView<unknown, unknown>): boolean {
    while (this.#begun < this.#transactions.length) {
      const { firstOffset, producerId } = this.#transactions[this.#begun]
      if (firstOffset > batch.lastOffset) break
      this.#aborting.add(producerId)
      this.#begun += 1
    }
    if (!batch.isControl) return batch.isTransactional && this.#aborting.has(batch.producerId)
    // The end of the transaction. If the producer's next one was aborted as well, it has an entry of its own.
    if (readEndMarker(batch) === 'abort') this.#aborting.delete(batch.producerId)
    return false
  }
}
