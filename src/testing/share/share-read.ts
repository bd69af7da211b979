import { ErrorCodes } from '../../protocol/error-codes.ts'
import { earliestSince } from '../log/offset-lookup.ts'
import type { BrokerContext } from '../server/handler.ts'
import { parseReset } from '../state/group-configs.ts'
import { locateById } from '../state/locate.ts'
import type { Isolation, Partition } from '../state/partition.ts'
import { abortedAmong } from './aborted-records.ts'
import type { AcquiredRecords } from './acquired-records.ts'
import type { SharePartition } from './share-partition.ts'
import type { SessionPartition } from './share-sessions.ts'
import { bytesOf, readRecords } from './stored-records.ts'

/** What a ShareFetch asks for. */
export interface ShareWish {
  readonly groupId: string
  readonly memberId: string
  readonly partitions: readonly SessionPartition[]
  readonly minBytes: number
  readonly maxBytes: number
  readonly maxRecords: number
  readonly batchSize: number
  readonly isRecordLimit: boolean
}

/** What one partition gave. */
export interface ShareReadPart {
  readonly wanted: SessionPartition
  readonly errorCode: number
  /** Set also with an error, when there is such a partition. */
  readonly partition: Partition | undefined
  readonly records: readonly Buffer[]
  readonly acquired: readonly AcquiredRecords[]
}

interface Source {
  readonly wanted: SessionPartition
  readonly errorCode: number
  readonly partition: Partition | undefined
  /** Set without an error. */
  readonly share: SharePartition | undefined
}

/** One ShareFetch at work: it may be tried several times until there is enough to answer. */
export class ShareRead {
  readonly #broker: BrokerContext
  readonly #wish: ShareWish
  readonly #isolation: Isolation

  constructor(broker: BrokerContext, wish: ShareWish) {
    this.#broker = broker
    this.#wish = wish
    const level = broker.cluster.groupConfigs.value(wish.groupId, 'share.isolation.level')
    this.#isolation = level === 'read_committed' ? 'committed' : 'uncommitted'
  }

  /** The partitions that may give something later. */
  watched(): Partition[] {
    return this.#sources().flatMap(({ partition, share }) =>
      partition === undefined || share === undefined ? [] : [partition],
    )
  }

  /**
   * Finds where the group begins in partitions that it reads for the first time. Undefined when nothing has to be
   * waited for.
   */
  begin(): Promise<void> | undefined {
    const waits = this.#sources().flatMap(({ partition, share }) => {
      if (partition === undefined || share === undefined || share.startOffset !== undefined) return []
      return this.#beginOne(partition, share) ?? []
    })
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined)
  }

  /** Acquires what there is. Undefined when that is too little yet and `isLastTry` is not set. */
  attempt(isLastTry: boolean): ShareReadPart[] | undefined {
    const sources = this.#sources()
    if (!isLastTry && !this.#isEnough(sources)) return undefined
    const { maxBytes, maxRecords } = this.#wish
    const readable = sources.filter(({ partition, share }) => this.#availableBytes(partition, share) > 0)
    const maxBytesEach = Math.floor(maxBytes / Math.max(1, readable.length))
    let left = maxRecords
    const parts = sources.map((source) => {
      const part =
        readable.includes(source) && left > 0 ? this.#acquire(source, left, maxBytesEach) : empty(source)
      for (const { firstOffset, lastOffset } of part.acquired) left -= lastOffset - firstOffset + 1
      return part
    })
    const isSomething = parts.some(({ errorCode, acquired }) => errorCode !== 0 || acquired.length > 0)
    return isSomething || isLastTry ? parts : undefined
  }

  #isEnough(sources: readonly Source[]): boolean {
    if (sources.some(({ errorCode }) => errorCode !== ErrorCodes.NONE)) return true
    let bytes = 0
    for (const { partition, share } of sources) bytes += this.#availableBytes(partition, share)
    return bytes >= Math.max(1, this.#wish.minBytes)
  }

  #sources(): Source[] {
    const group = this.#broker.cluster.shareGroups.get(this.#wish.groupId)
    return this.#wish.partitions.map((wanted) => {
      const { errorCode, partition } = locateById(this.#broker, wanted.topicId, wanted.partition)
      if (errorCode !== ErrorCodes.NONE) return { wanted, errorCode, partition, share: undefined }
      const share = group?.partition(wanted.topicId, wanted.partition)
      // A group reads only what the coordinator has made a state of, which a member's heartbeat brings about.
      if (share === undefined) return { wanted, errorCode: ErrorCodes.UNKNOWN_SERVER_ERROR, partition, share }
      share.logBeginsAt(partition!.log.startOffset)
      return { wanted, errorCode, partition, share }
    })
  }

  /** How many bytes are there from the first record that may be acquired on. */
  #availableBytes(partition: Partition | undefined, share: SharePartition | undefined): number {
    if (partition === undefined || share?.startOffset === undefined || !share.hasRoom) return 0
    const { nextOffset } = share
    const isThere = nextOffset < partition.readableUpTo(this.#isolation)
    return isThere ? partition.log.bytesFrom(nextOffset) : 0
  }

  #acquire({ wanted, partition, share }: Source, maxRecords: number, maxBytes: number): ShareReadPart {
    const { memberId, batchSize, isRecordLimit } = this.#wish
    const { log } = partition!
    const end = partition!.readableUpTo(this.#isolation)
    for (;;) {
      const stored = readRecords(log, share!.nextOffset, end, maxBytes)
      const given = share!.acquire(memberId, stored.batches, { maxRecords, batchSize, isRecordLimit })
      const hidden = this.#isolation === 'committed' ? abortedAmong(log, stored) : []
      const acquired = share!.withhold(given, hidden)
      // Nothing but aborted records: what is behind them may be of use.
      if (acquired.length === 0 && given.length > 0 && share!.nextOffset < end) continue
      const records =
        acquired.length === 0 ? [] : bytesOf(stored, acquired[0].firstOffset, acquired.at(-1)!.lastOffset)
      return { wanted, errorCode: ErrorCodes.NONE, partition, records, acquired }
    }
  }

  #beginOne(partition: Partition, share: SharePartition): Promise<void> | undefined {
    const { cluster, settings, runtime } = this.#broker
    const reset = parseReset(cluster.groupConfigs.value(this.#wish.groupId, 'share.auto.offset.reset'))
    const { log } = partition
    if (reset?.from !== 'duration') {
      share.beginAt(reset?.from === 'earliest' ? log.startOffset : partition.readableUpTo(this.#isolation))
      return undefined
    }
    const sinceMs = runtime.clock.now() - reset.ms
    return earliestSince(log, sinceMs, settings.requestMaxBytes).then(({ offset }) => {
      if (share.startOffset === undefined)
        share.beginAt(offset === -1 ? partition.readableUpTo(this.#isolation) : offset)
    })
  }
}

function empty({ wanted, errorCode, partition }: Source): ShareReadPart {
  return { wanted, errorCode, partition, records: [], acquired: [] }
}
