import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Reply } from '../server/reply.ts'
import type { Exchange } from './exchange.ts'
import type { FailedAnswer, Failure } from './failed-answer.ts'
import { failedGroupAnswers } from './failed-group-answers.ts'
import { failedClusterAnswers, failedTransactionAnswers } from './failed-other-answers.ts'
import { failedTopicAnswers } from './failed-topic-answers.ts'

const produceKey = 0
const apiVersionsKey = 18

/** How a request of each API fails, by its key. */
export const failedAnswers: ReadonlyMap<number, FailedAnswer['make']> = new Map(
  [...failedTopicAnswers, ...failedGroupAnswers, ...failedTransactionAnswers, ...failedClusterAnswers].map(
    ({ key, make }) => [key, make],
  ),
)

/** The answer that says so; the API is one of the table. */
export function failedReply(exchange: Exchange, failure: Failure): Reply {
  const { api, request, context } = exchange
  // There is no other way to tell a producer that wants no answer.
  if (api.key === produceKey && (request as { acks: number }).acks === 0) return 'hang up'
  const make = failedAnswers.get(api.key)!
  // Who is told that its version is not known reads that in the version that everybody understands (KIP-511).
  const isTooNew = api.key === apiVersionsKey && failure.errorCode === ErrorCodes.UNSUPPORTED_VERSION
  return exchange.encode(make(request, failure, context), isTooNew ? 0 : undefined)
}
