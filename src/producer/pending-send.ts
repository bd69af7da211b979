import { KafkaError, TimeoutError } from '../errors.ts'
import { onAbort } from '../runtime/abort.ts'
import { isThenable } from '../serde/index.ts'
import { duration } from './errors.ts'
import type { Intake } from './intake.ts'
import type { ProducerRecord } from './record.ts'
import { aborted, SendBatch, withdraw } from './send-batch.ts'
import type { WaitingRecord } from './waiting-record.ts'

/** A record, why there will be none, or the promise of it. */
export type Serialized = ProducerRecord | KafkaError | Promise<ProducerRecord>

type State = 'serializing' | 'ready' | 'placed' | 'left'

const moves: Readonly<Record<State, readonly State[]>> = {
  serializing: ['ready', 'left'],
  ready: ['placed', 'left'],
  placed: [],
  left: [],
}

/**
 * The records of one call that wait for serializers, or for calls before them that do.
 *
 *   serializing --last record, late--> ready --its turn--> placed
 *        |                              |
 *        +-------- abort, close --------+--> left: nothing of it is sent
 */
export class PendingSend {
  readonly batch: SendBatch
  /** When its serializers are late, by the monotonic clock. */
  readonly dueMs: number
  #state: State = 'serializing'
  /** What is there of its records; those without one have failed or are still to come. */
  readonly #records: (ProducerRecord | undefined)[]
  readonly #waiting: (WaitingRecord | undefined)[] = []
  readonly #onGone: (() => void)[] = []
  #left = 0

  /** `onChange` is called, never before this returns, when it may be its turn, and when it leaves the line. */
  constructor(
    serialized: readonly Serialized[],
    dueMs: number,
    signal: AbortSignal | undefined,
    onChange: () => void,
  ) {
    this.batch = new SendBatch(serialized.length)
    this.dueMs = dueMs
    this.#records = new Array(serialized.length).fill(undefined)
    serialized.forEach((one, index) => {
      if (one instanceof KafkaError) this.batch.settle(index, one)
      else if (isThenable(one)) this.#await(one, index, onChange)
      else this.#records[index] = one
    })
    if (this.#left === 0) this.#move('ready')
    if (signal?.aborted) this.leave(() => aborted(signal, false))
    else if (signal !== undefined) this.#listen(signal, onChange)
  }

  get state(): State {
    return this.#state
  }

  #move(to: State): void {
    if (!moves[this.#state].includes(to))
      throw new Error(`a pending send cannot go from ${this.#state} to ${to}`)
    this.#state = to
  }

  #await(promise: Promise<ProducerRecord>, index: number, onChange: () => void): void {
    this.#left++
    promise.then(
      (record) => {
        this.#records[index] = record
        this.#arrived(onChange)
      },
      (error) => {
        this.batch.settle(index, error)
        this.#arrived(onChange)
      },
    )
  }

  #arrived(onChange: () => void): void {
    if (this.#state !== 'serializing') {
      this.#records.fill(undefined)
      return
    }
    this.#left--
    if (this.#left > 0) return
    this.#move('ready')
    onChange()
  }

  #listen(signal: AbortSignal, onChange: () => void): void {
    const unsubscribe = onAbort(signal, () => {
      if (this.#state === 'placed') this.batch.settleRest((index) => withdraw(this.#waiting[index], signal))
      else {
        this.leave(() => aborted(signal, false))
        onChange()
      }
    })
    this.batch.onDone(unsubscribe)
  }

  /** Its turn has come: hands over the records that there are. */
  place(intake: Intake): void {
    this.#move('placed')
    for (let index = 0; index < this.#records.length; index++) {
      const record = this.#records[index]
      if (record === undefined) continue
      this.#records[index] = undefined
      try {
        const placed = intake.take(record)
        if (placed !== undefined) placed.recipients.tell(this.batch, index)
        else this.#waiting[index] = intake.wait(record, this.batch, index)
      } catch (error) {
        this.batch.settle(index, error as KafkaError)
      }
    }
  }

  /** It waits no more, and nothing of it is sent. */
  leave(errorOf: () => KafkaError): void {
    if (this.#state === 'left') return
    this.#move('left')
    this.batch.settleRest(errorOf)
  }

  /** Gives up records that are still being serialized; the others of the call may go. */
  late(topic: string, waitMs: number): void {
    this.#move('ready')
    for (let index = 0; index < this.#records.length; index++) {
      if (this.#records[index] !== undefined || this.batch.has(index)) continue
      const message =
        `send to ${topic} found its key or value still being serialized after ${duration(waitMs)}; ` +
        'mend the serializer, or raise maxBlockMs'
      this.batch.settle(index, new TimeoutError(message, { context: { topic, elapsedMs: waitMs } }))
    }
  }

  /** Calls `listener` once it has gone from its line, and so all that stood before it. */
  onGone(listener: () => void): void {
    this.#onGone.push(listener)
  }

  /** It was taken out of its line. */
  gone(): void {
    for (const listener of this.#onGone.splice(0)) listener()
  }
}
