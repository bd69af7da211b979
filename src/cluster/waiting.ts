import { ClosedError, TimeoutError } from '../errors.ts'
import { abortedError, onAbort } from '../runtime/abort.ts'
import type { Deadline } from '../runtime/deadline.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** A wait that its deadline ended. It knows nothing of what was waited for, so errors that do are worth more. */
export class WaitedTooLong extends TimeoutError {}

/** What ends a wait before its time. */
export interface WaitLimits {
  /** What is waited for, as an error names it: `metadata of orders`. */
  readonly what: string
  /** When it passes the wait rejects with a `TimeoutError`. */
  readonly deadline?: Deadline
  /** The caller's; the wait rejects with an `AbortedError`. */
  readonly signal?: AbortSignal
  /** The owner's, with a `ClosedError` as its reason, which is what the wait rejects with. */
  readonly closing?: AbortSignal
}

/**
 * Gives what `shared` gives, unless a limit is reached before. `shared` itself goes on, because others may wait
 * for it too; when nobody is left, its failure is nobody's.
 */
export function waitFor<T>(runtime: Runtime, shared: Promise<T>, limits: WaitLimits): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = watch(runtime, limits, reject)
    shared.then(
      (value) => {
        release()
        resolve(value)
      },
      (error) => {
        release()
        reject(error)
      },
    )
  })
}

/** Waits for `ms` milliseconds, unless a limit is reached before. */
export function pause(runtime: Runtime, ms: number, limits: WaitLimits): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = runtime.timers.after(ms, () => {
      release()
      resolve()
    })
    const release = watch(runtime, limits, (error) => {
      timer.cancel()
      reject(error)
    })
  })
}

/** Throws what a wait would reject with if one of its signals has fired already. */
export function throwIfEnded({ what, signal, closing }: WaitLimits): void {
  if (closing?.aborted) throw endedBy(closing, what)
  if (signal?.aborted) throw endedBy(signal, what)
}

/** Tells `end` of the first limit that is reached, once. The function returned takes that back. */
function watch(runtime: Runtime, limits: WaitLimits, end: (error: Error) => void): () => void {
  const { what, deadline, signal, closing } = limits
  const undo: (() => void)[] = []
  let over = false
  const release = () => {
    over = true
    for (const step of undo) step()
  }
  const endWith = (error: Error) => {
    if (over) return
    release()
    end(error)
  }
  for (const each of [closing, signal]) {
    if (each === undefined || over) continue
    undo.push(onAbort(each, () => endWith(endedBy(each, what))))
  }
  const leftMs = deadline?.remainingMs() ?? Number.POSITIVE_INFINITY
  if (!over && leftMs !== Number.POSITIVE_INFINITY) {
    const late = () =>
      endWith(new WaitedTooLong(`${what} was not done in the ${Math.round(leftMs)} ms that were left for it`))
    const timer = runtime.timers.after(leftMs, late)
    undo.push(() => timer.cancel())
  }
  return release
}

function endedBy(signal: AbortSignal, what: string): Error {
  return signal.reason instanceof ClosedError ? signal.reason : abortedError(signal, what)
}
