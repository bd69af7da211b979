import { KafkaError } from '../errors.ts'
import { abortedError } from '../runtime/abort.ts'
import { SendBatchError } from './errors.ts'
import type { Collector } from './recipients.ts'
import type { RecordMetadata } from './record-metadata.ts'
import type { WaitingRecord } from './waiting-record.ts'

/** Gathers the outcomes of one `sendBatch`, and settles its promise when it has all of them. */
export class SendBatch implements Collector {
  readonly promise: Promise<RecordMetadata[]>
  #resolve!: (results: RecordMetadata[]) => void
  #reject!: (error: KafkaError) => void
  readonly #results: (RecordMetadata | KafkaError | undefined)[]
  #left: number
  #failed = false
  #onDone: (() => void) | undefined

  constructor(count: number) {
    this.#results = new Array(count).fill(undefined)
    this.#left = count
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (count === 0) this.#resolve([])
  }

  /** The first outcome of a record counts; a later one is dropped. */
  settle(index: number, outcome: RecordMetadata | KafkaError): void {
    if (this.#results[index] !== undefined) return
    this.#results[index] = outcome
    if (outcome instanceof KafkaError) this.#failed = true
    this.#left--
    if (this.#left > 0) return
    this.#onDone?.()
    if (this.#failed) this.#reject(new SendBatchError(this.#results as (RecordMetadata | KafkaError)[]))
    else this.#resolve(this.#results as RecordMetadata[])
  }

  /** Whether a record has its outcome. */
  has(index: number): boolean {
    return this.#results[index] !== undefined
  }

  /** Gives every record without an outcome the one that `outcomeOf` makes. */
  settleRest(outcomeOf: (index: number) => KafkaError): void {
    for (let index = 0; index < this.#results.length; index++) {
      if (this.#results[index] === undefined) this.settle(index, outcomeOf(index))
    }
  }

  /** Runs once when all records have their outcome. */
  onDone(listener: () => void): void {
    if (this.#left === 0) listener()
    else this.#onDone = listener
  }
}

/** Takes a record back if it is not in a batch yet; the error says whether it may be written. */
export function withdraw(waiting: WaitingRecord | undefined, signal: AbortSignal): KafkaError {
  if (waiting === undefined || waiting.placed) return aborted(signal, true)
  waiting.withdrawn = true
  return aborted(signal, false)
}

export function aborted(signal: AbortSignal, mayBeWritten: boolean): KafkaError {
  const error = abortedError(signal, 'send')
  error.context.mayBeWritten = mayBeWritten
  return error
}
