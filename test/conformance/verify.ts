/**
 * `npm run verify-vectors -- FILE`: checks vectors from a file, one JSON object a line in the form that
 * `oracle/VectorOracle.java` prints. Exits with 1 when one does not match, or the file has none.
 */
import { createReadStream, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Tally } from './tally.ts'

const path = process.argv[2]
if (path === undefined) {
  console.error('usage: npm run verify-vectors -- FILE')
  process.exit(2)
}
if (!existsSync(path)) {
  console.error(`there is no file ${path}`)
  process.exit(2)
}
const tally = new Tally()
for await (const line of createInterface({
  input: createReadStream(path),
  crlfDelay: Number.POSITIVE_INFINITY,
})) {
  if (line.trim() !== '') tally.check(line)
}
for (const mismatch of tally.shown) console.log(mismatch)
if (tally.vectors === 0) console.log(`${path} holds no vectors`)
console.log(tally.summary())
process.exitCode = tally.mismatches > 0 || tally.vectors === 0 ? 1 : 0
