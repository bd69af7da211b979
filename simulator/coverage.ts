import type { Fact } from './facts.ts'

/** Counts how often what can happen did happen, over one run or many. */
export class Coverage {
  readonly counts = new Map<string, number>()

  count(fact: Fact): void {
    const point = pointOf(fact)
    if (point !== undefined) this.#add(point, 1)
    if (fact.kind === 'answered') {
      for (const error of fact.errors) this.#add(`answer: ${fact.request.api} ${error}`, 1)
    }
    if (fact.kind === 'disconnected') {
      for (const { api } of fact.unanswered) this.#add(`no answer: ${api}`, 1)
    }
  }

  take(counts: Iterable<readonly [string, number]>): void {
    for (const [point, count] of counts) this.#add(point, count)
  }

  #add(point: string, count: number): void {
    this.counts.set(point, (this.counts.get(point) ?? 0) + count)
  }
}

function pointOf(fact: Fact): string | undefined {
  switch (fact.kind) {
    case 'fault':
      return `fault: ${fact.fault.kind}`
    case 'requested':
      return `request: ${fact.request.api}`
    case 'acknowledged':
      return `producer: acknowledged with acks ${fact.acks}`
    case 'refused':
      return `producer: failed with ${fact.code}${fact.mayBeWritten ? ', may be written' : ''}`
    case 'revoked':
      return `consumer: ${fact.lost ? 'lost' : 'revoked'}`
    case 'trouble':
      return `consumer: ${fact.thrown ? 'threw' : 'tried again after'} ${fact.code}`
    case 'logged':
      return `log: ${fact.message.replace(/\d+/g, 'N').slice(0, 90)}`
    case 'assigned':
    case 'handed':
    case 'processed':
    case 'committed':
    case 'joined':
      return `consumer: ${fact.kind}`
    case 'client-closed':
    case 'client-died':
      return `client: ${fact.kind.slice('client-'.length)}`
    default:
      return undefined
  }
}
