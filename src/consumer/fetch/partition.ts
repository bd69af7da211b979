import { ZERO_UUID } from '../../protocol/reader.ts'
import type { RecordSource } from '../../records/index.ts'
import type { StartPosition } from '../options.ts'
import { partitionKey, type TopicPartition } from '../topic-partition.ts'
import type { FetchTarget } from './fetch-session.ts'
import type { FetchedRecords } from './fetched-records.ts'

/** Where to look for the offset that a partition starts from. */
export type Whereabouts = 'committed' | StartPosition

type State = 'locating' | 'fetching' | 'dropped'

const moves: Readonly<Record<State, readonly State[]>> = {
  locating: ['locating', 'fetching', 'dropped'],
  fetching: ['fetching', 'locating', 'dropped'],
  dropped: [],
}

/**
 * One partition that a consumer reads, and its three positions, each the offset of the next record:
 *
 *   processed  to be worked through by the application; what a commit writes
 *   position   to be handed to the application
 *   fetchOffset  to be asked of the broker
 *
 * always in this order: processed <= position <= fetchOffset. Between position and fetchOffset lie the records that
 * are buffered here.
 *
 *   locating --located--> fetching --out of range, seek to a name--> locating
 *                            |  ^
 *                            +--+ seek to an offset                  any --drop--> dropped
 */
export class PartitionState implements FetchTarget, TopicPartition {
  readonly key: string
  readonly topic: string
  readonly partition: number
  /** What records of this partition are made with. */
  readonly source: RecordSource<unknown, unknown>
  /** Where it starts when nothing was committed, and where it goes on when its position is not in the log. */
  readonly from: StartPosition
  #state: State = 'locating'
  /** While locating: what for. */
  #whereabouts: Whereabouts

  topicId = ZERO_UUID
  /** -1 when there is none, or none that we know. */
  leaderId = -1
  /** The epoch of the leader that we know, -1 when none; the broker refuses fetches of another one (KIP-320). */
  leaderEpoch = -1

  fetchOffset = -1n
  position = -1n
  processed = -1n
  /** The leader epoch of the last processed record, -1 when none was. */
  processedEpoch = -1
  /** What the group has for this partition as far as we know, -1 when nothing. */
  committed = -1n
  /** The end of what consumers may see, and of what is decided; -1 before the first fetch. */
  highWatermark = -1n
  lastStableOffset = -1n
  logStartOffset = -1n

  /** Where the fetch on its way starts; what it brings is of use only while that is `fetchOffset`. */
  askedOffset = -1n
  /** Nothing at or behind this offset is read; -1: read on for ever. */
  stopBefore = -1n
  /** The end is to be looked up, and the reading stops there. */
  untilEnd = false
  paused = false
  /** What was fetched and not handed out, in order. */
  readonly fetched: FetchedRecords[] = []
  /** Its size as it came over the wire. */
  bufferedBytes = 0
  /** Raised whenever what was fetched, or is on its way, becomes worthless. */
  incarnation = 0

  /** Where it is fetched from: its leader or a replica nearer than that; -1 while there is nobody. */
  brokerId = -1
  /** Since when there is nobody; -1 while there is somebody. */
  homelessSinceMs = -1
  /** A replica nearer than the leader that the leader named (KIP-392), and until when to believe it. */
  preferredReplica = -1
  preferredUntilMs = 0

  /** How often in a row the records at the position could not be decoded. */
  brokenTimes = 0
  /** Failures in a row, and the time of `monotonicMs` before which nothing is tried again. */
  failures = 0
  notBeforeMs = 0

  constructor(source: RecordSource<unknown, unknown>, from: StartPosition, whereabouts: Whereabouts = from) {
    this.topic = source.topic
    this.partition = source.partition
    this.key = partitionKey(source.topic, source.partition)
    this.source = source
    this.from = from
    this.#whereabouts = whereabouts
  }

  get state(): State {
    return this.#state
  }

  get whereabouts(): Whereabouts {
    return this.#whereabouts
  }

  /** The position is not known any more, or is to be another one: look for it. */
  locate(whereabouts: Whereabouts): void {
    this.#move('locating')
    this.#whereabouts = whereabouts
  }

  /** Goes on from `offset`. Nothing before it counts as unprocessed any more. */
  locatedAt(offset: bigint): void {
    this.#move('fetching')
    this.fetchOffset = offset
    this.position = offset
    this.processed = offset
    this.processedEpoch = -1
    this.recovered()
  }

  drop(): void {
    this.#move('dropped')
  }

  /** Everything that it was to read was handed out. */
  get finished(): boolean {
    return this.stopBefore !== -1n && this.position >= this.stopBefore
  }

  /** Everything that it is to read was fetched. */
  get fetchedAll(): boolean {
    return this.stopBefore !== -1n && this.fetchOffset >= this.stopBefore
  }

  /** Waits for `delayMs` from now before the next attempt. */
  failed(nowMs: number, delayMs: number): void {
    this.failures += 1
    this.notBeforeMs = nowMs + delayMs
  }

  recovered(): void {
    this.failures = 0
    this.notBeforeMs = 0
  }

  #move(to: State): void {
    if (!moves[this.#state].includes(to))
      throw new Error(`partition ${this.key} cannot go from ${this.#state} to ${to}`)
    this.#state = to
    this.incarnation += 1
  }
}
