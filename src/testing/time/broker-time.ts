import { type Duration, durationMs } from '../duration.ts'
import type { AdjustableRuntime } from './adjustable-runtime.ts'

/** The time of a broker for tests, and of the clients that its `kafka` makes. It goes on by itself, and can be moved. */
export interface BrokerTime {
  /** The wall clock, in milliseconds since the Unix epoch. */
  now(): number
  /**
   * Moves the time on: what would happen within the duration happens now, in its order, and is over when the promise
   * resolves. Sessions expire, long polls return, retries are due, retention drops what is too old. What other programs
   * do, and what a test does on timers of Node, takes its real time.
   */
  advance(duration: Duration): Promise<void>
  /** Steps the wall clock, as `'1h'` or `'-1h'`, as when somebody sets a machine's clock. No timer moves. */
  jump(duration: Duration): void
}

/** @param runtime that of the broker and its clients */
export function brokerTime(runtime: AdjustableRuntime): BrokerTime {
  return {
    now: () => runtime.clock.now(),
    advance: async (duration) => runtime.advance(durationMs(duration, 'advance')),
    jump: (duration) => runtime.stepWallClock(durationMs(duration, 'jump', true)),
  }
}
