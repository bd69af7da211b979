import type { Answer, AnyHandler } from '../../server/handler.ts'
import { hangUp, noAnswer } from '../../server/handler.ts'
import { Access } from '../access.ts'
import type { Authorizer } from '../acls/authorizer.ts'
import { throttled } from '../quotas/throttled.ts'
import type { Security } from '../security.ts'
import { clusterGuards } from './cluster-guards.ts'
import { configGuards } from './config-guards.ts'
import { groupGuards } from './group-guards.ts'
import { type Guard, joined, refusal } from './guard.ts'
import { offsetGuards } from './offset-guards.ts'
import { recordGuards } from './record-guards.ts'
import { shareGuards } from './share-guards.ts'
import { topicGuards } from './topic-guards.ts'
import { transactionGuards } from './transaction-guards.ts'

const produceKey = 0

/** By API key. */
export const guards: ReadonlyMap<number, Guard> = new Map(
  [
    ...recordGuards,
    ...topicGuards,
    ...configGuards,
    ...groupGuards,
    ...offsetGuards,
    ...transactionGuards,
    ...shareGuards,
    ...clusterGuards,
  ].map((one) => [one.key, one]),
)

/** The handlers, held to quotas, and with an authorizer's guards in front where there is one. */
export function guarded(
  handlers: ReadonlyMap<number, AnyHandler>,
  { authorizer, quotas }: Pick<Security, 'authorizer' | 'quotas'>,
): ReadonlyMap<number, AnyHandler> {
  const held = throttled(handlers, quotas)
  if (authorizer === undefined) return held
  return new Map([...held].map(([key, handler]) => [key, behind(guards.get(key), handler, authorizer)]))
}

function behind(guard: Guard | undefined, handler: AnyHandler, authorizer: Authorizer): AnyHandler {
  if (guard === undefined) return handler
  return {
    ...handler,
    handle(request, context) {
      // A request that cannot be read, which only ApiVersions answers.
      if (request === undefined) return handler.handle(request, context)
      const {
        allowed,
        refused = [],
        censor,
        instead,
      } = guard.judge(request, new Access(authorizer, context), context)
      if (instead !== undefined) return instead
      const refusals = refused.map((part) => refusal(guard, part, context))
      const finish = (answer: Answer<object> | undefined) =>
        finished(answer, refusals, censor, guard.key === produceKey && request.acks === 0)
      if (allowed === undefined) return finish(undefined)
      const answer = handler.handle(allowed, context)
      return answer instanceof Promise ? answer.then(finish) : finish(answer)
    },
  }
}

/** @param isSilent whether the client wants no answer; then it is hung up on, so that it notices */
function finished(
  answer: Answer<object> | undefined,
  refusals: readonly object[],
  censor: ((answer: object) => object) | undefined,
  isSilent: boolean,
): Answer<object> {
  if (answer === noAnswer || answer === hangUp) return refusals.length > 0 ? hangUp : answer
  if (isSilent) return hangUp
  const told = answer === undefined || censor === undefined ? answer : censor(answer)
  return joined(told === undefined ? refusals : [told, ...refusals])
}
