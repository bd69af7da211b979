import type { Codec, Offload } from '../compression/index.ts'
import { KafkaError } from '../errors.ts'
import { BATCH_OVERHEAD_BYTES, BatchBuilder, type Data, type HeadersInput } from '../records/index.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { Recipients } from './recipients.ts'

type State = 'open' | 'sealed' | 'sending' | 'settled'

const moves: Record<State, readonly State[]> = {
  open: ['sealed', 'settled'],
  sealed: ['sending', 'settled'],
  sending: ['sealed', 'settled'],
  settled: [],
}

/**
 * The records of one partition that are sent, retried and acknowledged together.
 *
 *   open --seal--> sealed --depart--> sending --acknowledge, fail--> settled
 *                    ^                   |
 *                    +------ retry ------+          open, sealed --fail--> settled
 */
export class ProducerBatch {
  readonly queue: PartitionQueue
  /** Who is told of the records' outcomes. */
  readonly recipients = new Recipients()
  /** Counts the batches of a producer: of two batches of a partition the lower number goes first. */
  readonly number: number
  /** When it was opened, by the monotonic clock. */
  readonly createdMs: number
  /** How often it was sent so far. */
  attempts = 0
  /** How often it failed, attempts to reach its leader included: the pauses grow with it. */
  failures = 0
  /** Why the last attempt failed. */
  lastError: KafkaError | undefined
  /** Why it cannot be compressed, and so not be sent. */
  compressionError: KafkaError | undefined
  /** An attempt may have reached the log although no answer said so. */
  mayBeWritten = false
  /** It is known, or known not to be knowable, whether the log has it. */
  fateIsSealed = false
  /** Of the first record, with the identity that it belongs to; -1 while it has none. */
  baseSequence = -1
  producerId = -1n
  producerEpoch = -1
  /** How many look at its memory, a codec on another thread or a socket: until there are none it stays as it is. */
  holds = 0
  /** Compressed bytes that count as used memory, since the buffer that they came from was given away. */
  chargedBytes = 0

  #state: State = 'open'
  #memory: Buffer | undefined
  readonly #builder: BatchBuilder
  #compressed: Buffer | undefined
  #compressing: Promise<void> | undefined
  #settledListeners: (() => void)[] | undefined

  constructor(queue: PartitionQueue, number: number, createdMs: number, memory: Buffer, limitBytes: number) {
    this.queue = queue
    this.number = number
    this.createdMs = createdMs
    this.#memory = memory
    this.#builder = new BatchBuilder(cut(memory, limitBytes))
  }

  get state(): State {
    return this.#state
  }

  get count(): number {
    return this.#builder.count
  }

  /** What it takes in a request, as far as that is known: less once it is compressed. */
  get sizeBytes(): number {
    return this.#compressed === undefined
      ? this.#builder.sizeBytes
      : BATCH_OVERHEAD_BYTES + this.#compressed.length
  }

  /** What fits into the buffer that it has. */
  get capacityBytes(): number {
    return this.#builder.buffer.length
  }

  /** False when the record does not fit; then nothing has changed. */
  append(timestamp: number, key: Data, value: Data, headers: HeadersInput): boolean {
    if (!this.#builder.append(timestamp, key, value, headers)) return false
    this.recipients.add(timestamp)
    return true
  }

  /** Goes on in a larger buffer; returns the one that is free now. */
  moveTo(memory: Buffer, limitBytes: number): Buffer {
    const before = this.#memory!
    this.#builder.moveTo(cut(memory, limitBytes))
    this.#memory = memory
    return before
  }

  /** Gives its buffer away, once: when it is settled, or compressed, which needs the buffer no more. */
  takeMemory(): Buffer | undefined {
    const memory = this.#memory
    this.#memory = undefined
    return memory
  }

  seal(): void {
    this.#move('sealed')
  }

  depart(): void {
    this.#move('sending')
    this.attempts++
  }

  retry(error: KafkaError): void {
    this.#move('sealed')
    this.lastError = error
  }

  get compressedBytes(): number {
    return this.#compressed?.length ?? 0
  }

  /**
   * Compresses the records, once however often it is called. Gives a promise while that happens on another thread,
   * which never rejects: an error is kept in `compressionError`.
   */
  compress(codec: Codec, level: number | undefined, offload: Offload): Promise<void> | undefined {
    if (codec.name === 'none' || this.#compressed !== undefined) return undefined
    if (this.#compressing !== undefined) return this.#compressing
    try {
      const compressed = codec.compress(this.#builder.uncompressedRecords(), level, offload)
      if (compressed instanceof Promise) {
        this.holds++
        this.#compressing = compressed.then(
          (bytes) => this.#compressionDone(bytes, undefined),
          (error) => this.#compressionDone(undefined, error),
        )
        return this.#compressing
      }
      this.#compressed = compressed
    } catch (error) {
      this.compressionError = error as KafkaError
    }
    return undefined
  }

  #compressionDone(compressed: Buffer | undefined, error: KafkaError | undefined): void {
    this.holds--
    this.#compressing = undefined
    this.#compressed = compressed
    this.compressionError = error
  }

  /** The pieces for a request. The header is written now, so that another attempt may write it differently. */
  encode(codec: Codec): Buffer[] {
    const { producerId, producerEpoch, baseSequence } = this
    const compressed = this.#compressed
    return this.#builder.close({
      compression: codec.name,
      compressed,
      producerId,
      producerEpoch,
      baseSequence,
    })
  }

  /**
   * The broker has it. `baseOffset` is the first record's offset, -1n when the broker did not tell;
   * `appendTimeMs` the broker's time when the topic uses LogAppendTime, else -1.
   */
  acknowledge(baseOffset: bigint, appendTimeMs: number, onThrow: (error: unknown) => void): void {
    this.#move('settled')
    this.recipients.acknowledge(this.queue.topic, this.queue.partition, baseOffset, appendTimeMs, onThrow)
    this.#settled()
  }

  /** It failed for good, each record with an error of its own or all with the same. */
  fail(errorOf: (index: number) => KafkaError, onThrow: (error: unknown) => void): void {
    this.#move('settled')
    this.recipients.fail(errorOf, onThrow)
    this.#settled()
  }

  /** Calls `listener` once the batch is settled; at once when it is. */
  onSettled(listener: () => void): void {
    if (this.#state === 'settled') {
      listener()
      return
    }
    this.#settledListeners ??= []
    this.#settledListeners.push(listener)
  }

  #settled(): void {
    const listeners = this.#settledListeners
    this.#settledListeners = undefined
    if (listeners !== undefined) for (const listener of listeners) listener()
  }

  #move(to: State): void {
    if (!moves[this.#state].includes(to)) {
      throw new KafkaError('ILLEGAL_STATE', `a batch that is ${this.#state} cannot become ${to}`, {
        fatal: true,
      })
    }
    this.#state = to
  }
}

function cut(memory: Buffer, limitBytes: number): Buffer {
  return memory.length <= limitBytes ? memory : memory.subarray(0, limitBytes)
}
