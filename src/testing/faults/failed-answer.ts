import type { Api, Draft } from '../../protocol/message.ts'
import type { RequestContext } from '../server/handler.ts'

/** What an answer is to say. Spread into a part of it that has both fields. */
export interface Failure {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** Gives the answer to a request of one API that says that what the request asks for has failed. */
export interface FailedAnswer {
  readonly key: number
  // biome-ignore lint/suspicious/noExplicitAny: the table holds answers of every type
  readonly make: (request: any, failure: Failure, context: RequestContext) => Draft<any>
}

/** One entry of the table; the types of request and answer are those of the API. */
export function failing<Request, Response>(
  api: Api<Request, Response>,
  make: (request: Request, failure: Failure, context: RequestContext) => Draft<Response>,
): FailedAnswer {
  return { key: api.key, make }
}

/** For an API that says in one place, at the top of its answer, how it went. */
export function failingAtTheTop<Request>(api: Api<Request, { errorCode: number }>): FailedAnswer {
  // Where the answer has no message, the one given is not written.
  return { key: api.key, make: (_request, failure) => ({ ...failure }) }
}
