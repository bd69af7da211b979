import { AbortedError } from '../errors.ts'

/** The error of a call that `signal` stopped; `what` names the call, as 'send to orders'. */
export function abortedError(signal: AbortSignal, what: string): AbortedError {
  return new AbortedError(`${what} was aborted by its signal`, { cause: signal.reason })
}

/** Throws an `AbortedError` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw abortedError(signal, what)
}

/**
 * Who waits for a signal. Each signal gets one listener of ours however many wait: Node warns of a leak from
 * the eleventh listener on, and one signal may well stand behind a thousand sends.
 */
const waiters = new WeakMap<AbortSignal, Set<() => void>>()

const nothing = () => {}

/**
 * Runs `callback` once when the signal fires; when it has fired already, in a microtask, never before this
 * returns. The returned function takes that back and leaves nothing behind on the signal; it may be called at
 * any time, more than once.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return nothing
  if (signal.aborted) return runSoon(callback)
  const waiting = waiters.get(signal) ?? startListening(signal)
  // Two callers may hand in the same function, so each gets an entry of its own.
  const entry = () => callback()
  waiting.add(entry)
  return () => {
    waiting.delete(entry)
    if (waiting.size === 0 && waiters.get(signal) === waiting) {
      signal.removeEventListener('abort', fire)
      waiters.delete(signal)
    }
  }
}

function runSoon(callback: () => void): () => void {
  let wanted = true
  queueMicrotask(() => {
    if (wanted) callback()
  })
  return () => {
    wanted = false
  }
}

function startListening(signal: AbortSignal): Set<() => void> {
  const waiting = new Set<() => void>()
  waiters.set(signal, waiting)
  signal.addEventListener('abort', fire, { once: true })
  return waiting
}

function fire(event: Event): void {
  const signal = event.target as AbortSignal
  const waiting = waiters.get(signal)
  waiters.delete(signal)
  for (const entry of waiting ?? []) entry()
}
