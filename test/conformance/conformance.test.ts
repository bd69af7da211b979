/** The codec against Kafka's own, on messages that are new in every run. Needs a JDK and Maven. */
import { beforeAll, describe, expect, it } from 'vitest'
import { makeVectors } from './oracle.ts'
import { Tally } from './tally.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const perVersion = 6
const again = `npm run conformance -- --seed ${seed} --per-version ${perVersion}`
console.log(`messages: ${again}`)

describe('messages as Kafka writes them', () => {
  const tally = new Tally()
  beforeAll(async () => {
    for (const line of await makeVectors({ seed, perVersion })) tally.check(line)
    console.log(tally.summary())
  })

  it('are decoded and encoded as Kafka does', () => {
    expect(tally.shown, again).toEqual([])
    expect(tally.mismatches, again).toBe(0)
  })

  it('come up in every version that is generated, in more than 2,000 vectors', () => {
    expect(tally.notVisited()).toEqual([])
    expect(tally.checked).toBeGreaterThanOrEqual(2000)
  })
})
