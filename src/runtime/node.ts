import { randomBytes } from 'node:crypto'
import { nodeNetwork } from './node-network.ts'
import { nodeTimers } from './node-timers.ts'
import type { Runtime } from './runtime.ts'

/** The world as Node gives it: real time, real chance, real sockets. It has no state; one serves all clients. */
export function nodeRuntime(): Runtime {
  return runtime
}

const runtime: Runtime = {
  clock: {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
  },
  timers: nodeTimers,
  random: {
    unit: () => Math.random(),
    bytes: (length) => randomBytes(length),
  },
  network: nodeNetwork,
  offload: (job) => job(),
}
