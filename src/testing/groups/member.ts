import type { Timer } from '../../runtime/runtime.ts'

/** One way in which a member could share out partitions (`range`), with what it has to say about itself for it. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

/** A request to join, as the group's rules see it. */
export interface JoinRequest {
  /** Empty for who is not a member yet. */
  readonly memberId: string
  /** Set for static members (KIP-345). */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
  /** The one it likes best first. */
  readonly protocols: readonly MemberProtocol[]
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Newcomers are given an id first and join with it then (KIP-394). */
  readonly requiresKnownMemberId: boolean
  /** The client can be a leader that has nothing to assign (KIP-814). */
  readonly supportsSkippedAssignment: boolean
}

export interface JoinAnswer {
  readonly errorCode: number
  readonly memberId: string
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  /** For the leader alone. */
  readonly members: readonly { memberId: string; groupInstanceId: string | null; metadata: Buffer }[]
}

export interface SyncAnswer {
  readonly errorCode: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Buffer
}

export const noAssignment = Buffer.alloc(0)

export function refusedJoin(errorCode: number, memberId: string): JoinAnswer {
  return {
    errorCode,
    memberId,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

export function refusedSync(errorCode: number): SyncAnswer {
  return { errorCode, protocolType: null, protocolName: null, assignment: noAssignment }
}

/** One member of a classic group: what it said when it joined, and the requests of it that wait for an answer. */
export class Member {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
  protocols: readonly MemberProtocol[]
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  assignment: Buffer = noAssignment
  /** Its first join is not answered yet, so it knows of no member id and cannot send heartbeats. */
  isNew = true
  /** Runs out when nothing is heard of the member. */
  session: Timer | undefined
  #answerJoin: ((answer: JoinAnswer) => void) | undefined
  #answerSync: ((answer: SyncAnswer) => void) | undefined

  constructor(memberId: string, request: JoinRequest) {
    this.memberId = memberId
    this.groupInstanceId = request.groupInstanceId
    this.clientId = request.clientId
    this.clientHost = request.clientHost
    this.protocolType = request.protocolType
    this.protocols = request.protocols
    this.sessionTimeoutMs = request.sessionTimeoutMs
    this.rebalanceTimeoutMs = request.rebalanceTimeoutMs
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  get awaitsJoin(): boolean {
    return this.#answerJoin !== undefined
  }

  get awaitsSync(): boolean {
    return this.#answerSync !== undefined
  }

  /** Takes over what a join says that can change. */
  update(request: JoinRequest): void {
    this.protocols = request.protocols
    this.sessionTimeoutMs = request.sessionTimeoutMs
    this.rebalanceTimeoutMs = request.rebalanceTimeoutMs
  }

  supports(protocolName: string): boolean {
    return this.protocols.some((protocol) => protocol.name === protocolName)
  }

  metadataFor(protocolName: string): Buffer {
    return this.protocols.find((protocol) => protocol.name === protocolName)?.metadata ?? noAssignment
  }

  /** Whether the member says the same of itself as before, so that its join calls for no rebalance. */
  saysTheSame(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(
        ({ name, metadata }, index) =>
          name === this.protocols[index].name && metadata.equals(this.protocols[index].metadata),
      )
    )
  }

  /** Holds the join back until `settleJoin`. A join held back before is given up by its client, and refused. */
  parkJoin(refusal: JoinAnswer): Promise<JoinAnswer> {
    this.settleJoin(refusal)
    return new Promise((resolve) => {
      this.#answerJoin = resolve
    })
  }

  settleJoin(answer: JoinAnswer): void {
    const settle = this.#answerJoin
    this.#answerJoin = undefined
    settle?.(answer)
  }

  parkSync(refusal: SyncAnswer): Promise<SyncAnswer> {
    this.settleSync(refusal)
    return new Promise((resolve) => {
      this.#answerSync = resolve
    })
  }

  settleSync(answer: SyncAnswer): void {
    const settle = this.#answerSync
    this.#answerSync = undefined
    settle?.(answer)
  }
}
