import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import type { FetchRequest } from '../../src/protocol/messages/fetch.ts'
import { idOf, type ScriptedCluster } from '../cluster/support/scripted-cluster.ts'
import type { ReceivedRequest } from '../network/support/scripted-server.ts'

interface Batch {
  baseOffset: bigint
  nextOffset: bigint
  bytes: Buffer
}

/** Fields of a partition's answer, in place of its records. */
export type PartitionAnswer = Record<string, unknown>

interface Session {
  epoch: number
  /** The offset that is asked for, by `topic-partition`. */
  offsets: Map<string, bigint>
}

/**
 * Lets the brokers of a scripted cluster answer Fetch, with sessions and long polls, and ListOffsets, from logs that a
 * test fills. A test may have partitions answered otherwise.
 */
export class ScriptedLogs {
  readonly #kafka: ScriptedCluster
  readonly #logs = new Map<string, Batch[]>()
  readonly #sessions = new Map<number, Session>()
  readonly #answers = new Map<string, (PartitionAnswer | undefined)[]>()
  readonly #held = new Set<() => boolean>()
  #nextSession = 100

  constructor(kafka: ScriptedCluster) {
    this.#kafka = kafka
    kafka.on('Fetch', (request) => this.#fetch(request))
    kafka.on('ListOffsets', (request) => this.#listOffsets(request))
  }

  /** One batch, which has to begin where the log ends, or behind that. */
  append(key: string, bytes: Buffer): void {
    const baseOffset = bytes.readBigInt64BE(0)
    const batch = { baseOffset, nextOffset: baseOffset + BigInt(bytes.readInt32BE(23)) + 1n, bytes }
    this.#logOf(key).push(batch)
    for (const attempt of [...this.#held]) if (attempt()) this.#held.delete(attempt)
  }

  /** What the next fetches of a partition are answered, one after the other; undefined: what is in the log. */
  answer(key: string, ...answers: (PartitionAnswer | undefined)[]): void {
    this.#answers.set(key, [...(this.#answers.get(key) ?? []), ...answers])
  }

  /** The brokers forget every session. */
  forgetSessions(): void {
    this.#sessions.clear()
  }

  #logOf(key: string): Batch[] {
    const log = this.#logs.get(key) ?? []
    this.#logs.set(key, log)
    return log
  }

  #fetch(request: ReceivedRequest): object | undefined {
    const message = request.message as FetchRequest
    const session = this.#sessionOf(message, request.version)
    if (typeof session === 'number') return { errorCode: session, sessionId: 0, responses: [] }
    if (session === undefined) return { sessionId: 0, responses: [] }
    const [sessionId, { offsets }] = session
    const full = message.sessionEpoch === 0
    const attempt = (mustAnswer: boolean): object | undefined => {
      const topics = new Map<string, object[]>()
      let news = false
      for (const [key, offset] of offsets) {
        const answer = this.#partition(key, offset)
        news ||= answer.isNews
        if (!full && !answer.isNews) continue
        const topic = key.slice(0, key.lastIndexOf('-'))
        if (!topics.has(topic)) topics.set(topic, [])
        topics.get(topic)!.push(answer.data)
      }
      if (!news && !mustAnswer) return undefined
      for (const answers of this.#answers.values()) answers.shift()
      const responses = [...topics].map(([topic, partitions]) =>
        request.version >= 13 ? { topicId: idOf(topic), partitions } : { topic, partitions },
      )
      const nodeEndpoints = this.#kafka.members.map((nodeId) => ({
        nodeId,
        host: `kafka-${nodeId}`,
        port: 9092,
      }))
      return { sessionId, responses, ...(request.version >= 16 ? { nodeEndpoints } : {}) }
    }
    const now = attempt(message.maxWaitMs === 0)
    if (now !== undefined) return now
    const later = () => {
      const answer = attempt(false)
      if (answer !== undefined) request.answer(answer)
      return answer !== undefined
    }
    this.#held.add(later)
    this.#kafka.world.timers.after(message.maxWaitMs, () => {
      if (this.#held.delete(later)) request.answer(attempt(true)!)
    })
    return undefined
  }

  #partition(key: string, offset: bigint): { data: object; isNews: boolean } {
    const partitionIndex = Number(key.slice(key.lastIndexOf('-') + 1))
    const log = this.#logOf(key)
    const highWatermark = log.at(-1)?.nextOffset ?? 0n
    const scripted = this.#answers.get(key)?.[0]
    const facts = { partitionIndex, highWatermark, lastStableOffset: highWatermark, logStartOffset: 0n }
    if (scripted !== undefined)
      return { data: { ...facts, records: Buffer.alloc(0), ...scripted }, isNews: true }
    const records = Buffer.concat(
      log.filter(({ nextOffset }) => nextOffset > offset).map(({ bytes }) => bytes),
    )
    return { data: { ...facts, records }, isNews: records.length > 0 }
  }

  /** The session that the request goes on with or begins; an error; undefined when it ends one. */
  #sessionOf(message: FetchRequest, version: number): [number, Session] | number | undefined {
    const { sessionId, sessionEpoch, topics, forgottenTopicsData } = message
    if (sessionEpoch === -1) {
      this.#sessions.delete(sessionId)
      return undefined
    }
    let id = sessionId
    if (sessionEpoch === 0) {
      this.#sessions.delete(sessionId)
      id = this.#nextSession++
      this.#sessions.set(id, { epoch: 0, offsets: new Map() })
    }
    const session = this.#sessions.get(id)
    if (session === undefined) return ErrorCodes.FETCH_SESSION_ID_NOT_FOUND
    if (session.epoch !== sessionEpoch) return ErrorCodes.INVALID_FETCH_SESSION_EPOCH
    session.epoch += 1
    const nameOf = (item: { topic: string; topicId: string }) =>
      version >= 13 ? [...this.#kafka.topics.keys()].find((name) => idOf(name) === item.topicId)! : item.topic
    for (const item of forgottenTopicsData) {
      for (const partition of item.partitions) session.offsets.delete(`${nameOf(item)}-${partition}`)
    }
    for (const item of topics) {
      for (const { partition, fetchOffset } of item.partitions) {
        session.offsets.set(`${nameOf(item)}-${partition}`, fetchOffset)
      }
    }
    return [id, session]
  }

  #listOffsets(request: ReceivedRequest): object {
    const topics = request.message.topics.map(
      ({ name, partitions }: { name: string; partitions: Asked[] }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => {
          const log = this.#logOf(`${name}-${partitionIndex}`)
          const offset = timestamp === -2n ? (log[0]?.baseOffset ?? 0n) : (log.at(-1)?.nextOffset ?? 0n)
          return { partitionIndex, offset, timestamp: -1n }
        }),
      }),
    )
    return { topics }
  }
}

interface Asked {
  partitionIndex: number
  timestamp: bigint
}
