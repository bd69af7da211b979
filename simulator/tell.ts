import type { Fact } from './facts.ts'
import { describeFault } from './faults/schedule.ts'
import type { Trace } from './trace.ts'

/** Writes a fact into the trace, as far as a reader wants to know it. */
export function tell(trace: Trace, fact: Fact): void {
  switch (fact.kind) {
    case 'requested':
    case 'answered':
    case 'arrived': {
      const { client, broker, api, version, connection, correlationId } = fact.request
      const id = `${connection}#${correlationId}`
      if (fact.kind === 'requested') trace.add(client, `> ${broker} ${api} v${version} ${id}`)
      else if (fact.kind === 'answered')
        trace.add(broker, `> ${client} ${api} ${id} ${fact.errors.join(' ')}`.trimEnd())
      else trace.add(client, `< ${broker} ${api} ${id} ${fact.errors.join(' ')}`.trimEnd())
      return
    }
    case 'disconnected': {
      const lost = fact.unanswered.map(({ api }) => api)
      const without = lost.length === 0 ? '' : `, without an answer to ${lost.join(' ')}`
      trace.add(fact.client, `connection ${fact.connection} is closed${without}`)
      return
    }
    case 'sent':
      trace.add(fact.producer, `sends ${fact.id} to ${fact.topic}`)
      return
    case 'acknowledged':
      trace.add(
        fact.producer,
        `${fact.id} is acknowledged as ${fact.topic}[${fact.partition}] offset ${fact.offset}`,
      )
      return
    case 'refused':
      trace.add(
        fact.producer,
        `${fact.id} failed: ${fact.code}${fact.mayBeWritten ? ', may be written' : ''}`,
      )
      return
    case 'assigned':
    case 'revoked': {
      const places = fact.partitions.map(({ topic, partition }) => `${topic}[${partition}]`).join(' ')
      const how = fact.kind === 'revoked' && fact.lost ? 'lost' : fact.kind
      trace.add(fact.consumer, `${how} ${places}`.trimEnd())
      return
    }
    case 'handed':
    case 'processed':
      trace.add(
        fact.consumer,
        `${fact.kind} ${fact.topic}[${fact.partition}] offset ${fact.offset}: ${fact.id}`,
      )
      return
    case 'committed':
      trace.add(
        fact.client,
        `committed ${fact.topic}[${fact.partition}] offset ${fact.offset} in generation ${fact.generation}`,
      )
      return
    case 'joined':
      trace.add(fact.client, `is a member of generation ${fact.generation} of ${fact.group}`)
      return
    case 'trouble':
      trace.add(fact.client, `${fact.thrown ? 'throws' : 'has trouble'}: ${fact.code}`)
      return
    case 'logged':
      trace.add(fact.who, `logs: ${fact.message}`)
      return
    case 'fault':
      trace.add('FAULT', describeFault(fact.fault))
      return
    case 'calm':
      trace.add('calm', 'all faults are over, nobody sends any more')
      return
    case 'drained':
      trace.add('calm', 'everything has come to rest')
      return
    case 'client-opened':
    case 'client-closing':
    case 'client-closed':
    case 'client-died':
      trace.add(fact.client, fact.kind.slice('client-'.length))
      return
    case 'uncaught':
      trace.add('uncaught', fact.message)
      return
    default:
      return
  }
}
