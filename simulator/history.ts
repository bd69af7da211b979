import type { Fact } from './facts.ts'
import type { Checker, Invariant } from './invariants/invariant.ts'

export interface Violation {
  readonly invariant: string
  /** The number of the event after which it was found. */
  readonly step: number
  readonly atMs: number
  readonly what: string
}

export interface Moment {
  readonly step: number
  readonly nowMs: number
}

/**
 * Tells every fact to every invariant, as it happens, and keeps what they object to. It keeps no facts: an invariant
 * remembers what it needs.
 */
export class History {
  readonly #checkers: readonly (readonly [name: string, checker: Checker])[]
  readonly #now: () => Moment
  readonly #onViolation: (violation: Violation) => void
  readonly violations: Violation[] = []

  constructor(
    invariants: readonly Invariant[],
    now: () => Moment,
    onViolation: (violation: Violation) => void = () => {},
  ) {
    this.#checkers = invariants.map(({ name, begin }) => [name, begin()])
    this.#now = now
    this.#onViolation = onViolation
  }

  add(fact: Fact): void {
    const { nowMs } = this.#now()
    for (const [name, checker] of this.#checkers) this.#object(name, checker.fact?.(fact, nowMs))
  }

  /** There will be no more facts. */
  end(): void {
    for (const [name, checker] of this.#checkers) this.#object(name, checker.end?.())
  }

  #object(invariant: string, what: string | undefined): void {
    if (what === undefined) return
    const { step, nowMs } = this.#now()
    const violation = { invariant, step, atMs: nowMs, what }
    this.violations.push(violation)
    this.#onViolation(violation)
  }
}
