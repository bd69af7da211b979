import type { Sandbox } from './sandbox.ts'

/** Taken before anything can be put in its place. */
const soon = setImmediate

/** So many steps before Node's own event loop has a turn. */
const stepsInARow = 512

/** What is driven: one step at a time, each followed by all the microtasks that it left. */
export interface Driven {
  /** Does the next step; false when there is none to do, for now or for good. */
  step(): boolean
  /** What real work, done by other threads, has to come in before the next step; undefined when none. */
  readonly awaited: Promise<unknown> | undefined
}

/**
 * Drives steps until there are none left. Node runs all microtasks between two callbacks of `setImmediate`, so a row of
 * them is asked for at once: 0.4 us a step, where a promise for each would take a whole turn of the event loop. Rows
 * are not interrupted by anything else of the process, so the sandbox is closed for exactly what is simulated.
 */
export function drive(driven: Driven, sandbox: Sandbox): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false
    const row = () => {
      soon(() => sandbox.enter())
      for (let i = 0; i < stepsInARow; i++) soon(step)
      soon(next)
    }
    const step = () => {
      if (over || driven.awaited !== undefined) return
      try {
        if (!driven.step()) over = true
      } catch (error) {
        over = true
        sandbox.leave()
        reject(error)
      }
    }
    const next = () => {
      sandbox.leave()
      if (over) resolve()
      else if (driven.awaited !== undefined) driven.awaited.then(row, row)
      else row()
    }
    row()
  })
}
