/**
 * `npm run conformance -- --seed S --per-version N`: makes vectors with Kafka's own codec and checks ours against
 * them. Exits with 1 when one does not match, or when a version that we generate comes up in none. `--save FILE` keeps
 * the vectors of the messages that we generate.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { makeVectors } from './oracle.ts'
import { Tally } from './tally.ts'
import { generatedMessages, parseVector } from './vector.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    'per-version': { type: 'string', default: '12' },
    save: { type: 'string' },
  },
})
const seed = wholeNumber('seed', values.seed ?? String(Math.floor(Math.random() * 2 ** 31)))
const perVersion = Number(wholeNumber('per-version', values['per-version']))

console.log(`npm run conformance -- --seed ${seed} --per-version ${perVersion}`)
const tally = new Tally()
const lines = await makeVectors({ seed, perVersion }).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
for (const line of lines) tally.check(line)
if (values.save !== undefined) {
  const kept = lines.filter((line) => generatedMessages.has(parseVector(line).message))
  writeFileSync(values.save, kept.map((line) => `${line}\n`).join(''))
}
for (const mismatch of tally.shown) console.log(mismatch)
const missing = tally.notVisited()
if (missing.length > 0) console.log(`no vector of ${missing.join(', ')}`)
console.log(tally.summary())
process.exitCode = tally.mismatches > 0 || missing.length > 0 ? 1 : 0

function wholeNumber(name: string, text: string): bigint {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} ${text} is not a whole number`)
  return BigInt(text)
}
