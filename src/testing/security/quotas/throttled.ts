import type { Draft } from '../../../protocol/message.ts'
import { Fetch, type FetchRequest, type FetchResponse } from '../../../protocol/messages/fetch.ts'
import { Produce, type ProduceRequest, type ProduceResponse } from '../../../protocol/messages/produce.ts'
import { Writer } from '../../../protocol/writer.ts'
import {
  type Answer,
  type AnyHandler,
  type Handler,
  hangUp,
  noAnswer,
  type RequestContext,
} from '../../server/handler.ts'
import { parsePrincipal } from '../identity.ts'
import type { ClientQuotas, QuotaKey } from './client-quotas.ts'
import { QuotaUsage } from './quota-usage.ts'
import { quotaSeconds, type RateWindow } from './rate-window.ts'

/** The handlers, of which those for Produce and Fetch hold their clients to their quotas (KIP-13, KIP-219). */
export function throttled(
  handlers: ReadonlyMap<number, AnyHandler>,
  quotas: ClientQuotas,
): ReadonlyMap<number, AnyHandler> {
  const usage = new QuotaUsage()
  const all = new Map(handlers)
  const produce = handlers.get(Produce.key)
  const fetch = handlers.get(Fetch.key)
  if (produce !== undefined) all.set(Produce.key, throttledProduce(produce, quotas, usage))
  if (fetch !== undefined) all.set(Fetch.key, throttledFetch(fetch, quotas, usage))
  return all
}

/** A quota that holds for the sender of a request, and what was used of it. */
interface Account {
  readonly limit: number
  readonly window: RateWindow
}

function accountOf(
  quota: QuotaKey,
  { broker, principal, clientId }: RequestContext,
  quotas: ClientQuotas,
  usage: QuotaUsage,
): Account | undefined {
  const inForce = quotas.inForce(quota, parsePrincipal(principal)!.name, clientId ?? '')
  if (inForce === undefined) return undefined
  const { limit, sharedBy } = inForce
  return { limit, window: usage.of(broker.node.id, quota, sharedBy, broker.runtime.clock.monotonicMs()) }
}

/** What was sent is taken; then the client has to wait. */
function throttledProduce(
  handler: Handler<ProduceRequest, ProduceResponse>,
  quotas: ClientQuotas,
  usage: QuotaUsage,
): Handler<ProduceRequest, ProduceResponse> {
  return {
    ...handler,
    handle(request, context) {
      const account = quotas.isEmpty ? undefined : accountOf('producer_byte_rate', context, quotas, usage)
      const answer = handler.handle(request, context)
      if (account === undefined) return answer
      const finish = (given: Answer<ProduceResponse>) => {
        const throttleTimeMs = use(account, context.requestBytes, context)
        if (throttleTimeMs === 0 || given === hangUp) return given
        context.mute(throttleTimeMs)
        return given === noAnswer ? given : { ...(given as Draft<ProduceResponse>), throttleTimeMs }
      }
      return answer instanceof Promise ? answer.then(finish) : finish(answer)
    },
  }
}

/** What would be too much is not given: the client gets nothing, waits, and asks again. */
function throttledFetch(
  handler: Handler<FetchRequest, FetchResponse>,
  quotas: ClientQuotas,
  usage: QuotaUsage,
): Handler<FetchRequest, FetchResponse> {
  return {
    ...handler,
    handle(request, context) {
      const account = quotas.isEmpty ? undefined : accountOf('consumer_byte_rate', context, quotas, usage)
      if (account === undefined) return handler.handle(request, context)
      // No answer may be so large that it could never be given.
      const maxBytes = Math.min(request.maxBytes, Math.ceil(account.limit * quotaSeconds))
      const answer = handler.handle({ ...request, maxBytes }, context)
      const finish = (given: Answer<FetchResponse>) => {
        if (given === hangUp || given === noAnswer) return given
        const told = given as Draft<FetchResponse>
        const sizeBytes = sizeOf(told, context.version)
        const throttleTimeMs = use(account, sizeBytes, context)
        if (throttleTimeMs === 0) return told
        account.window.record(-sizeBytes, context.broker.runtime.clock.monotonicMs())
        context.mute(throttleTimeMs)
        const isNewSession = request.sessionEpoch === 0
        return { sessionId: isNewSession ? 0 : told.sessionId, throttleTimeMs, responses: [] }
      }
      return answer instanceof Promise ? answer.then(finish) : finish(answer)
    },
  }
}

/** @returns how long the client has to wait, in milliseconds */
function use({ limit, window }: Account, amount: number, { broker }: RequestContext): number {
  const nowMs = broker.runtime.clock.monotonicMs()
  window.record(amount, nowMs)
  return window.throttleMs(limit, nowMs)
}

function sizeOf(answer: Draft<FetchResponse>, version: number): number {
  const writer = new Writer()
  Fetch.response.encode(writer, answer, version)
  return writer.size
}
