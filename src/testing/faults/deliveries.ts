import type { Timers } from '../../runtime/runtime.ts'
import type { Delivery, Reply } from '../server/reply.ts'

/** Goes on with `next` after so many milliseconds. */
export function later(timers: Timers, ms: number, next: () => Reply | Promise<Reply>): Delivery {
  return {
    begin(outlet) {
      const timer = timers.after(ms, () => outlet.end(Promise.resolve().then(next)))
      return () => timer.cancel()
    },
  }
}

/** Writes the bytes piece by piece. */
export function inPieces(timers: Timers, bytes: Buffer, pieceBytes: number, everyMs: number): Delivery {
  return {
    begin(outlet) {
      let written = 0
      const writeOne = () => {
        outlet.write(bytes.subarray(written, written + pieceBytes))
        written += pieceBytes
        if (written < bytes.length) timer = timers.after(everyMs, writeOne)
        else outlet.end('nothing')
      }
      let timer = timers.after(0, writeOne)
      return () => timer.cancel()
    },
  }
}

/** Writes the bytes at once, if there are any, and lets the next request wait for so many milliseconds. */
export function thenMuted(timers: Timers, bytes: Buffer | undefined, ms: number): Delivery {
  return {
    frame: bytes,
    begin(outlet) {
      if (bytes !== undefined) outlet.write(bytes)
      const timer = timers.after(ms, () => outlet.end('nothing'))
      return () => timer.cancel()
    },
  }
}

/** Writes the bytes and closes the connection. */
export function thenCut(bytes: Buffer): Delivery {
  return {
    begin(outlet) {
      if (bytes.length > 0) outlet.write(bytes)
      outlet.end('hang up')
      return () => {}
    },
  }
}

/** Nothing is ever written, and no other request handled. */
export const forEver: Delivery = { begin: () => () => {} }
