import type { Fault } from './faults/fault.ts'
import { type RunOptions, type RunResult, run } from './run.ts'

/**
 * Looks for a shorter schedule of faults with the same violation, by leaving out ever smaller parts of it (delta
 * debugging). Undefined when the run has no violation in the first place.
 */
export async function shrink(
  options: RunOptions,
  tell: (progress: string) => void = () => {},
): Promise<RunResult | undefined> {
  const first = await run(options)
  if (first.violations.length === 0) return undefined
  const [{ invariant, atMs }] = first.violations
  // What comes after the violation has no part in it.
  let best = first
  let faults = first.faults.filter((fault) => fault.atMs <= atMs)
  tell(`${invariant} is violated with ${faults.length} faults`)
  const violates = async (candidate: readonly Fault[]): Promise<boolean> => {
    const result = await run({ ...options, faults: candidate })
    const same = result.violations[0]?.invariant === invariant
    if (same) best = result
    return same
  }
  if (!(await violates(faults))) return best
  let parts = 2
  while (faults.length > 0) {
    const size = Math.ceil(faults.length / parts)
    let shorter: Fault[] | undefined
    for (let start = 0; start < faults.length && shorter === undefined; start += size) {
      const candidate = faults.filter((_, index) => index < start || index >= start + size)
      if (await violates(candidate)) shorter = candidate
    }
    if (shorter !== undefined) {
      faults = shorter
      parts = Math.max(2, parts - 1)
      tell(`${faults.length} faults are enough`)
    } else if (size === 1) break
    else parts = Math.min(faults.length, parts * 2)
  }
  return best
}
