import { ErrorCodes, errorByCode } from '../../../protocol/error-codes.ts'
import type { Api, Draft } from '../../../protocol/message.ts'
import { failedAnswers } from '../../faults/failed-answers.ts'
import type { RequestContext } from '../../server/handler.ts'
import type { Access } from '../access.ts'

/** A part of a request that is refused. */
export interface Refused<Request> {
  readonly request: Request
  readonly errorCode: number
  /** Default: what the code means. */
  readonly errorMessage?: string | null
}

/** A request taken apart by what its sender may do. */
export interface Verdict<Request, Response> {
  /** What may be handled; undefined when nothing is left. */
  readonly allowed: Request | undefined
  /** What is refused, and why. */
  readonly refused?: readonly Refused<Request>[]
  /** The whole answer to what is refused, where it is none of the usual ones. */
  readonly instead?: Draft<Response>
  /** What the sender may not be told is taken out of the answer. */
  readonly censor?: (answer: Draft<Response>) => Draft<Response>
}

/** What security asks of the requests of one API. */
export interface Guard {
  readonly key: number
  // biome-ignore lint/suspicious/noExplicitAny: the tables hold guards of every type of request
  readonly judge: (request: any, access: Access, context: RequestContext) => Verdict<any, any>
}

/** A guard that takes requests apart. */
export function guard<Request, Response>(
  api: Api<Request, Response>,
  judge: (request: Request, access: Access, context: RequestContext) => Verdict<Request, Response>,
): Guard {
  return { key: api.key, judge }
}

/**
 * A guard that lets the whole request through or says why not: with an error code, or NONE.
 *
 * @param errorMessage what is said of a refusal; left out: what the code means
 */
export function gate<Request, Response>(
  api: Api<Request, Response>,
  errorOf: (request: Request, access: Access, context: RequestContext) => number,
  errorMessage?: null,
): Guard {
  return guard(api, (request, access, context) => {
    const errorCode = errorOf(request, access, context)
    return errorCode === ErrorCodes.NONE
      ? { allowed: request }
      : refusedWhole(request, errorCode, errorMessage)
  })
}

export function refusedWhole<Request>(
  request: Request,
  errorCode: number,
  errorMessage?: null,
): Omit<Verdict<Request, unknown>, 'censor' | 'instead'> {
  return {
    allowed: undefined,
    refused: [{ request, errorCode, ...(errorMessage === null && { errorMessage }) }],
  }
}

/** The items that pass, and those that do not. */
export function parted<Item>(
  items: readonly Item[],
  passes: (item: Item) => boolean,
): [passing: Item[], failing: Item[]] {
  const passing: Item[] = []
  const failing: Item[] = []
  for (const item of items) (passes(item) ? passing : failing).push(item)
  return [passing, failing]
}

/** The answer to what is refused. */
export function refusal({ key }: Guard, refused: Refused<unknown>, context: RequestContext): object {
  const { request, errorCode, errorMessage = errorByCode(errorCode).message } = refused
  return failedAnswers.get(key)!(request, { errorCode, errorMessage }, context)
}

/** Answers to parts of a request as one: lists go together, and the rest is what the first one says. */
export function joined(answers: readonly object[]): object {
  const [first, ...others] = answers
  const result: Record<string, unknown> = { ...first }
  for (const other of others) {
    for (const [field, value] of Object.entries(other)) {
      if (Array.isArray(value))
        result[field] = [...((result[field] as unknown[] | undefined) ?? []), ...value]
    }
  }
  return result
}

/** The name of a topic that is named by its id; undefined for one that there is not. */
export function nameOf({ broker }: RequestContext, topicId: string): string | undefined {
  return broker.topics.byId(topicId)?.name
}
