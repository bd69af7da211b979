import type { KafkaError } from '../errors.ts'
import { Alarm } from '../runtime/alarm.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { Fifo } from './fifo.ts'
import type { Intake } from './intake.ts'
import { PendingSend, type Serialized } from './pending-send.ts'
import type { RecordMetadata } from './record-metadata.ts'

/**
 * Keeps the order of the sends to typed topics whose serializers take their time: a line for each topic in which
 * there is such a send. Serializers of one line run side by side; records are handed over in the order of the calls,
 * so a call waits for those before it. A serializer has `maxBlockMs`; then its record fails and the line goes on.
 */
export class SendLines {
  readonly #runtime: Runtime
  readonly #intake: Intake
  readonly #maxBlockMs: number
  readonly #lines = new Map<string, Fifo<PendingSend>>()
  readonly #alarm: Alarm

  constructor(runtime: Runtime, intake: Intake, maxBlockMs: number) {
    this.#runtime = runtime
    this.#intake = intake
    this.#maxBlockMs = maxBlockMs
    this.#alarm = new Alarm(runtime, () => this.#ring())
  }

  /** Whether any send waits. */
  get busy(): boolean {
    return this.#lines.size > 0
  }

  /** Whether a send to this topic would have to wait for others. */
  isBusy(topic: string): boolean {
    return this.#lines.size > 0 && this.#lines.has(topic)
  }

  /** Puts a call at the end of its topic's line; settles as `sendBatch` does. */
  join(
    topic: string,
    serialized: readonly Serialized[],
    signal: AbortSignal | undefined,
  ): Promise<RecordMetadata[]> {
    const dueMs = this.#runtime.clock.monotonicMs() + this.#maxBlockMs
    const send = new PendingSend(serialized, dueMs, signal, () => this.#advance(topic))
    const line = this.#lines.get(topic) ?? new Fifo()
    this.#lines.set(topic, line)
    line.push(send)
    this.#advance(topic)
    return send.batch.promise
  }

  /** Resolves when all the calls that wait now, to this topic or to any, wait no more. */
  async emptied(topic?: string): Promise<void> {
    const lines = topic === undefined ? [...this.#lines.values()] : [this.#lines.get(topic)]
    const last = lines.map((line) => line?.last()).filter((send) => send !== undefined)
    await Promise.all(last.map((send) => new Promise<void>((resolve) => send.onGone(resolve))))
  }

  /** Fails all that waits. */
  close(errorOf: (topic: string) => KafkaError): void {
    this.#alarm.cancel()
    for (const [topic, line] of this.#lines) {
      for (const send of line.takeAll()) {
        send.leave(() => errorOf(topic))
        send.gone()
      }
    }
    this.#lines.clear()
  }

  /** Hands over what stands at the front and is ready. */
  #advance(topic: string): void {
    const line = this.#lines.get(topic)
    if (line === undefined) return
    let first = line.peek()
    while (first !== undefined && first.state !== 'serializing') {
      line.shift()
      if (first.state === 'ready') first.place(this.#intake)
      first.gone()
      first = line.peek()
    }
    if (first !== undefined) this.#alarm.ringBy(first.dueMs)
    // A partitioner that sends may have ended this line and begun another.
    else if (this.#lines.get(topic) === line) {
      this.#lines.delete(topic)
      if (this.#lines.size === 0) this.#alarm.cancel()
    }
  }

  #ring(): void {
    const nowMs = this.#runtime.clock.monotonicMs()
    for (const [topic, line] of this.#lines) {
      for (let first = line.peek(); first !== undefined && first.dueMs <= nowMs; first = line.peek()) {
        first.late(topic, this.#maxBlockMs)
        this.#advance(topic)
      }
      const first = line.peek()
      if (first !== undefined) this.#alarm.ringBy(first.dueMs)
    }
  }
}
