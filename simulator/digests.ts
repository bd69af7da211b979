/**
 * Prints the digest of the whole trace of 20 seeds, a line each: equal on every machine and in every version of Node.
 * `.ci/run` compares two versions.
 */
import { run } from './run.ts'
import { scenarios } from './scenarios/index.ts'

const seeds = 20
const minutes = 0.5

for (let seed = 1; seed <= seeds; seed++) {
  const { digest, steps } = await run({ scenario: scenarios.get('standard')!, seed: `${seed}`, minutes })
  console.log(`seed ${seed}: ${steps} steps, trace ${digest}`)
}
