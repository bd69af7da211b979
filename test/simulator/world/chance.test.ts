import { describe, expect, it } from 'vitest'
import { Chance } from '../../../simulator/world/chance.ts'

const draw = (chance: Chance, count = 5) => Array.from({ length: count }, () => chance.int(0, 1_000_000))

describe('chance', () => {
  it('is the same for the same seed, on every machine', () => {
    expect(draw(new Chance('1'))).toEqual(draw(new Chance('1')))
    expect(draw(new Chance('1'))).not.toEqual(draw(new Chance('2')))
    expect(draw(new Chance('fixed'), 3)).toMatchInlineSnapshot(`
      [
        247695,
        597354,
        996285,
      ]
    `)
  })

  it('has streams that take no notice of each other', () => {
    const drawn = new Chance('1')
    draw(drawn, 100)
    expect(draw(drawn.stream('faults'))).toEqual(draw(new Chance('1').stream('faults')))
    expect(draw(new Chance('1').stream('faults'))).not.toEqual(draw(new Chance('1').stream('network')))
  })

  it('spreads over the whole range, evenly', () => {
    const chance = new Chance('even')
    const counts = new Array(10).fill(0)
    for (let i = 0; i < 10_000; i++) counts[chance.int(0, 9)] += 1
    expect(Math.min(...counts)).toBeGreaterThan(850)
    expect(Math.max(...counts)).toBeLessThan(1_150)
    const weighted = Array.from({ length: 4_000 }, () => chance.weighted({ often: 3, seldom: 1, never: 0 }))
    expect(weighted.filter((name) => name === 'often').length).toBeGreaterThan(2_800)
    expect(weighted).not.toContain('never')
  })
})
