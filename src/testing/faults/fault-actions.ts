import { ConfigurationError } from '../../errors.ts'
import { nearestName, OptionChecks } from '../../option-checks.ts'
import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Timers } from '../../runtime/runtime.ts'
import { type Duration, durationMs } from '../duration.ts'
import { type Answer, hangUp, noAnswer } from '../server/handler.ts'
import type { Reply } from '../server/reply.ts'
import { forEver, inPieces, later, thenCut, thenMuted } from './deliveries.ts'
import { afterHandling, bytesOf, type Exchange } from './exchange.ts'
import { failedAnswers, failedReply } from './failed-answers.ts'
import type { ActiveRule, FaultRule } from './fault-rule.ts'

/** Kafka's name of an error, as `'NOT_LEADER_OR_FOLLOWER'`. */
export type ErrorName = Exclude<keyof typeof ErrorCodes, 'NONE'>

/** What a rule does about the requests that it matches. Each makes the rule; nothing happens before. */
export interface FaultActions {
  /** The connection is closed, and the request is not handled. */
  disconnect(): FaultRule
  /** The request is handled, and the connection closed in place of the answer. */
  disconnectAfterHandling(): FaultRule
  /** The request is handled only after so long, and with it all that comes behind it on its connection. */
  delay(duration: Duration): FaultRule
  /** The request is handled and its answer kept back for so long, and with it all behind it on its connection. */
  delayAnswer(duration: Duration): FaultRule
  /**
   * The request is not handled, and answered with this error: for each topic, partition or group that it names, or for
   * the whole, as the answers of its API have it. A Produce that wants no answer is met by a closed connection, as
   * brokers do.
   *
   * @throws ConfigurationError for an unknown name, and for an API whose answers have no place for an error
   */
  fail(error: ErrorName): FaultRule
  /**
   * The request is handled, the answer tells the client to hold back for so long, and nothing more of its connection is
   * handled meanwhile, as with a quota that was overdrawn.
   */
  throttle(duration: Duration): FaultRule
  /** The request is handled and the answer leaves slowly. Default: one byte every 10 ms. */
  trickle(pace?: { bytes?: number; everyMs?: number }): FaultRule
  /** The request is handled, and of the answer's frame so many bytes are sent; then the connection is closed. */
  truncate(bytes: number): FaultRule
  /**
   * The request is handled, and in place of the answer comes a frame of random bytes, whose length is true. `length` is
   * the number of bytes after it. Default: as many as the answer has.
   */
  garbage(options?: { length?: number }): FaultRule
  /**
   * The request is never answered, nor is any other behind it, and the connection stays open: a broker that hangs.
   * `handled` says whether the request is handled. Default: false.
   */
  swallow(options?: { handled?: boolean }): FaultRule
}

/** What a rule does about one request. */
export type Act = (exchange: Exchange, rule: ActiveRule) => Reply | Promise<Reply>

/** The length in front of a frame, which is an int32. */
const sizeBytes = 4
const mostThrottleMs = 2 ** 31 - 1
const mostGarbageBytes = 256 * 1024 * 1024

/**
 * @param api the key and name of the one API that is matched; undefined for any
 * @param make makes the rule of an action; the text is the action as it was called
 */
export function faultActions(
  api: { key: number; name: string } | undefined,
  make: (text: string, act: Act) => FaultRule,
): FaultActions {
  return {
    disconnect: () =>
      make('disconnect()', (exchange, rule) => {
        rule.acts(exchange, 'its connection is closed before it is handled')
        return 'hang up'
      }),

    disconnectAfterHandling: () =>
      make('disconnectAfterHandling()', (exchange, rule) =>
        afterHandling(exchange, () => {
          rule.acts(exchange, 'its connection is closed after it was handled')
          return 'hang up'
        }),
      ),

    delay(duration) {
      const ms = durationMs(duration, 'delay')
      return make(`delay(${show(duration)})`, (exchange, rule) => {
        rule.acts(exchange, `it is handled ${ms} ms later`)
        return later(timersOf(exchange), ms, () => afterHandling(exchange, exchange.encode))
      })
    },

    delayAnswer(duration) {
      const ms = durationMs(duration, 'delayAnswer')
      return make(`delayAnswer(${show(duration)})`, (exchange, rule) =>
        afterHandling(exchange, (answer) => {
          rule.acts(exchange, `it is answered ${ms} ms later`)
          return later(timersOf(exchange), ms, () => exchange.encode(answer))
        }),
      )
    },

    fail(error) {
      const errorCode = codeOf(error)
      if (api !== undefined && !failedAnswers.has(api.key))
        throw new ConfigurationError(`faults: an answer of ${api.name} has no place for an error`)
      return make(`fail('${error}')`, (exchange, rule) => {
        if (!failedAnswers.has(exchange.api.key)) return afterHandling(exchange, exchange.encode)
        rule.acts(exchange, `it is answered ${error}`)
        return failedReply(exchange, { errorCode, errorMessage: rule.why(exchange) })
      })
    },

    throttle(duration) {
      const ms = Math.ceil(durationMs(duration, 'throttle'))
      if (ms > mostThrottleMs) throw new ConfigurationError(`throttle must be at most ${mostThrottleMs} ms`)
      return make(`throttle(${show(duration)})`, (exchange, rule) =>
        afterHandling(exchange, (answer) => {
          rule.acts(exchange, `its client is throttled for ${ms} ms`)
          return throttled(exchange, answer, ms)
        }),
      )
    },

    trickle(pace = {}) {
      const checks = new OptionChecks('trickle', pace)
      const bytes = checks.integer('bytes', 1, 1)
      const everyMs = checks.integer('everyMs', 10, 0)
      checks.finish()
      return make(`trickle({ bytes: ${bytes}, everyMs: ${everyMs} })`, (exchange, rule) =>
        withAnswer(exchange, (frame) => {
          rule.acts(exchange, `its answer of ${frame.length} bytes leaves in pieces of ${bytes}`)
          return inPieces(timersOf(exchange), frame, bytes, everyMs)
        }),
      )
    },

    truncate(bytes) {
      new OptionChecks('truncate', { bytes }).integer('bytes', 0, 0)
      return make(`truncate(${bytes})`, (exchange, rule) =>
        withAnswer(exchange, (frame) => {
          rule.acts(exchange, `its answer of ${frame.length} bytes is cut off after ${bytes}`)
          return thenCut(frame.subarray(0, bytes))
        }),
      )
    },

    garbage(options = {}) {
      const checks = new OptionChecks('garbage', options)
      const length =
        options.length === undefined ? undefined : checks.integer('length', 0, 0, mostGarbageBytes)
      checks.value('length')
      checks.finish()
      return make(`garbage(${length === undefined ? '' : `{ length: ${length} }`})`, (exchange, rule) =>
        withAnswer(exchange, (frame) => {
          const frameBytes = length ?? frame.length - sizeBytes
          rule.acts(exchange, `it is answered ${frameBytes} random bytes`)
          const size = Buffer.alloc(sizeBytes)
          size.writeInt32BE(frameBytes)
          return [size, exchange.context.broker.runtime.random.bytes(frameBytes)]
        }),
      )
    },

    swallow(options = {}) {
      const checks = new OptionChecks('swallow', options)
      const handled = checks.boolean('handled', false)
      checks.finish()
      return make(`swallow(${handled ? '{ handled: true }' : ''})`, (exchange, rule) => {
        const swallowed = () => {
          rule.acts(exchange, `it is ${handled ? '' : 'neither handled nor '}answered no more`)
          return forEver
        }
        return handled ? afterHandling(exchange, swallowed) : swallowed()
      })
    },
  }
}

function timersOf({ context }: Exchange): Timers {
  return context.broker.runtime.timers
}

function show(duration: Duration): string {
  return typeof duration === 'string' ? `'${duration}'` : String(duration)
}

function codeOf(error: string): number {
  const code = (ErrorCodes as Readonly<Record<string, number>>)[error]
  if (code !== undefined && code !== ErrorCodes.NONE) return code
  const nearest = nearestName(error, Object.keys(ErrorCodes))
  const hint = nearest === undefined ? '' : `; did you mean '${nearest}'?`
  throw new ConfigurationError(`faults: Kafka has no error '${error}'${hint}`)
}

/** Has the request handled; `change` makes something of the frame of its answer, if it gets one. */
function withAnswer(exchange: Exchange, change: (frame: Buffer) => Reply): Reply | Promise<Reply> {
  return afterHandling(exchange, (answer) => {
    const reply = exchange.encode(answer)
    const frame = bytesOf(reply)
    return frame === undefined ? reply : change(frame)
  })
}

/** As brokers do since KIP-219: the answer at once, and then nothing of this connection until the time is over. */
function throttled(exchange: Exchange, answer: Answer<unknown>, throttleTimeMs: number): Reply {
  if (answer === hangUp) return 'hang up'
  if (answer === noAnswer) return thenMuted(timersOf(exchange), undefined, throttleTimeMs)
  const frame = bytesOf(exchange.encode({ ...(answer as object), throttleTimeMs }))
  return thenMuted(timersOf(exchange), frame, throttleTimeMs)
}
