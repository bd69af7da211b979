import { ErrorCodes } from '../src/protocol/error-codes.ts'
import type { HeartbeatRequest, HeartbeatResponse } from '../src/protocol/messages/heartbeat.ts'
import type { MetadataResponse } from '../src/protocol/messages/metadata.ts'
import type { OffsetCommitRequest, OffsetCommitResponse } from '../src/protocol/messages/offset-commit.ts'
import type { ProduceRequest } from '../src/protocol/messages/produce.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../src/protocol/messages/sync-group.ts'
import type { Fact } from './facts.ts'
import type { WireObserver, WireRequest } from './world/wire-tap.ts'

/** What goes over the wire, as facts; and what it means for groups. */
export class WireFacts implements WireObserver {
  readonly #add: (fact: Fact) => void
  /** By connection, what has no answer yet. */
  readonly #unanswered = new Map<number, WireRequest[]>()
  readonly #topicNames = new Map<string, string>()

  constructor(add: (fact: Fact) => void) {
    this.#add = add
  }

  requested(request: WireRequest): void {
    this.#add({ kind: 'requested', request })
    if (request.api === 'Produce' && (request.message as ProduceRequest).acks === 0) return
    const open = this.#unanswered.get(request.connection)
    if (open === undefined) this.#unanswered.set(request.connection, [request])
    else open.push(request)
  }

  answered(request: WireRequest, response: unknown, errors: readonly string[]): void {
    this.#add({ kind: 'answered', request, response, errors })
    if (request.api === 'Metadata') this.#learn(response as MetadataResponse)
    else if (request.api === 'SyncGroup') this.#synced(request, response as SyncGroupResponse)
    else if (request.api === 'OffsetCommit') this.#committed(request, response as OffsetCommitResponse)
    else if (request.api === 'Heartbeat') this.#heard(request, response as HeartbeatResponse)
  }

  arrived(request: WireRequest, errors: readonly string[]): void {
    const open = this.#unanswered.get(request.connection)
    const at = open?.indexOf(request) ?? -1
    if (at >= 0) open!.splice(at, 1)
    this.#add({ kind: 'arrived', request, errors })
  }

  disconnected(connection: number, client: string): void {
    const unanswered = this.#unanswered.get(connection) ?? []
    this.#unanswered.delete(connection)
    this.#add({ kind: 'disconnected', client, connection, unanswered })
  }

  #learn(response: MetadataResponse): void {
    for (const { topicId, name } of response.topics) if (name !== null) this.#topicNames.set(topicId, name)
  }

  #heard({ client, message }: WireRequest, { errorCode }: HeartbeatResponse): void {
    const { groupId: group, memberId, generationId: generation } = message as HeartbeatRequest
    if (errorCode === ErrorCodes.NONE) this.#add({ kind: 'heard', group, client, memberId, generation })
  }

  #synced({ client, message }: WireRequest, { errorCode }: SyncGroupResponse): void {
    const { groupId: group, memberId, generationId: generation } = message as SyncGroupRequest
    if (errorCode === ErrorCodes.NONE) this.#add({ kind: 'joined', group, client, memberId, generation })
  }

  #committed({ client, message }: WireRequest, response: OffsetCommitResponse): void {
    const {
      groupId: group,
      memberId,
      generationIdOrMemberEpoch: generation,
      topics,
    } = message as OffsetCommitRequest
    const taken = new Set<string>()
    for (const { name, topicId, partitions } of response.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        if (errorCode === ErrorCodes.NONE) taken.add(`${this.#nameOf(name, topicId)} ${partitionIndex}`)
      }
    }
    for (const { name, topicId, partitions } of topics) {
      const topic = this.#nameOf(name, topicId)
      for (const { partitionIndex: partition, committedOffset: offset } of partitions) {
        if (!taken.has(`${topic} ${partition}`)) continue
        this.#add({ kind: 'committed', group, client, memberId, generation, topic, partition, offset })
      }
    }
  }

  #nameOf(name: string, topicId: string): string {
    return name !== '' ? name : (this.#topicNames.get(topicId) ?? topicId)
  }
}
