import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from '../project-root.ts'
import type { ErrorFacts } from './error-codes.ts'

/** Asks Kafka's own `Errors` for its codes; null when no JDK is there to run the question. */
export function readErrorFacts(jar: string): ErrorFacts[] | null {
  const program = join(projectRoot(), 'tools', 'generate', 'java', 'ErrorFacts.java')
  const { status, stdout } = spawnSync('java', ['-cp', jar, program], { encoding: 'utf8' })
  if (status !== 0) return null
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ErrorFacts)
}
