import { abortedError, onAbort } from './abort.ts'
import type { Timers } from './runtime.ts'

/** Resolves after `ms` milliseconds; rejects with `AbortedError` as soon as the signal fires. */
export function sleep(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(abortedError(signal, 'waiting'))
  return new Promise((resolve, reject) => {
    const timer = timers.after(ms, () => {
      unsubscribe()
      resolve()
    })
    const unsubscribe = onAbort(signal, () => {
      timer.cancel()
      reject(abortedError(signal!, 'waiting'))
    })
  })
}
