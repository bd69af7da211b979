import { describe, expect, test } from 'vitest'
import { Tally } from '../../tools/demo/tally.ts'
import { orderOf, sequenceOf } from '../../tools/demo/workload.ts'

describe('tally', () => {
  test('is perfect when each number comes once and in order', () => {
    const tally = new Tally(20)
    for (let i = 0; i < 20; i++) tally.add(i, i % 3, true)
    expect(tally).toMatchObject({ lost: 0, duplicated: 0, damaged: 0, outOfOrder: 0, perfect: true })
  })

  test('catches a loss, a duplicate, a swap and a damaged record', () => {
    const lossy = new Tally(3)
    lossy.add(0, 0, true)
    lossy.add(2, 0, true)
    expect(lossy).toMatchObject({ lost: 1, perfect: false })

    const doubled = new Tally(1)
    doubled.add(0, 0, true)
    doubled.add(0, 0, true)
    expect(doubled).toMatchObject({ lost: 0, duplicated: 1, perfect: false })

    const swapped = new Tally(2)
    swapped.add(1, 0, true)
    swapped.add(0, 0, true)
    expect(swapped).toMatchObject({ lost: 0, outOfOrder: 1, perfect: false })

    const damaged = new Tally(1)
    damaged.add(0, 0, true)
    damaged.add(Number.NaN, 0, true)
    damaged.add(0, 0, false)
    expect(damaged).toMatchObject({ lost: 0, damaged: 2, perfect: false })
  })
})

test('an order can be found again from its value', () => {
  for (const sequence of [0, 1, 999_999]) expect(sequenceOf(orderOf(sequence).value)).toBe(sequence)
  expect(sequenceOf('something else')).toBeNaN()
})
