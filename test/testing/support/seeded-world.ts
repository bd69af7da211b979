import type { Random } from '../../../src/runtime/runtime.ts'
import { VirtualWorld } from '../../network/support/virtual-world.ts'

/** A virtual world whose chance is the same in every run, and not always the same. */
export class SeededWorld extends VirtualWorld {
  override readonly random: Random = seededRandom()
}

function seededRandom(): Random {
  let state = 1
  const next = () => {
    // A linear congruential generator; the low bits are poor, so the high ones are used.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state
  }
  return {
    unit: () => next() / 2 ** 32,
    bytes: (length) => Buffer.from(Array.from({ length }, () => next() >>> 24)),
  }
}
