import type { Fact } from '../facts.ts'

/** What has to hold, whatever happens. */
export interface Invariant {
  readonly name: string
  /** A checker for one run, with what it has to remember. */
  begin(): Checker
}

export interface Checker {
  /** Told of every fact; answers what is wrong, in a sentence. */
  fact?(fact: Fact, nowMs: number): string | undefined
  /** Told once, when there will be no more facts. */
  end?(): string | undefined
}

export function placeKey({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}[${partition}]`
}
