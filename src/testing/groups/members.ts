import type { Member } from './member.ts'

/** The members of a group in the order in which they came, and who of them leads. */
export class Members {
  readonly #members = new Map<string, Member>()
  /** Member ids of static members by their instance ids. */
  readonly #staticIds = new Map<string, string>()
  #leaderId: string | null = null

  get size(): number {
    return this.#members.size
  }

  /** The member that shares out the partitions; null when there are no members. */
  get leaderId(): string | null {
    return this.#leaderId
  }

  [Symbol.iterator](): IterableIterator<Member> {
    return this.#members.values()
  }

  get(memberId: string): Member | undefined {
    return this.#members.get(memberId)
  }

  staticIdOf(groupInstanceId: string): string | undefined {
    return this.#staticIds.get(groupInstanceId)
  }

  add(member: Member): void {
    this.#members.set(member.memberId, member)
    if (member.groupInstanceId !== null) this.#staticIds.set(member.groupInstanceId, member.memberId)
    this.#leaderId ??= member.memberId
  }

  remove(member: Member): void {
    this.#members.delete(member.memberId)
    if (member.groupInstanceId !== null) this.#staticIds.delete(member.groupInstanceId)
    if (this.#leaderId === member.memberId) this.#leaderId = this.#members.keys().next().value ?? null
  }

  /** Puts `next` where `previous` was; a leader's successor leads. */
  replace(previous: Member, next: Member): void {
    const led = this.#leaderId === previous.memberId
    this.remove(previous)
    this.add(next)
    if (led) this.#leaderId = next.memberId
  }

  /** Sees to it that a member leads whose join waits for an answer. False when there is none. */
  electAwaiting(): boolean {
    if (this.#leaderId !== null && this.#members.get(this.#leaderId)!.awaitsJoin) return true
    const candidate = [...this].find((member) => member.awaitsJoin)
    if (candidate === undefined) return false
    this.#leaderId = candidate.memberId
    return true
  }

  every(test: (member: Member) => boolean): boolean {
    for (const member of this.#members.values()) if (!test(member)) return false
    return true
  }

  count(test: (member: Member) => boolean): number {
    let count = 0
    for (const member of this.#members.values()) if (test(member)) count += 1
    return count
  }

  /** The names of the protocols that every member supports, in no order that matters. */
  commonProtocols(): string[] {
    const [first] = this.#members.values()
    if (first === undefined) return []
    return first.protocols
      .map(({ name }) => name)
      .filter((name) => this.every((member) => member.supports(name)))
  }

  /** The common protocol that most members would rather have; each votes for the one that it likes best. */
  electProtocol(): string {
    const votes = new Map(this.commonProtocols().map((name) => [name, 0]))
    for (const member of this) {
      const choice = member.protocols.find(({ name }) => votes.has(name))!.name
      votes.set(choice, votes.get(choice)! + 1)
    }
    let elected = ''
    for (const [name, count] of votes) if (count > (votes.get(elected) ?? 0)) elected = name
    return elected
  }
}
