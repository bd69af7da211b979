import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fifo } from '../../src/producer/fifo.ts'

test('does what an array does', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant('push' as const) },
    { weight: 5, arbitrary: fc.constant('shift' as const) },
    { weight: 1, arbitrary: fc.constant('takeAll' as const) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const fifo = new Fifo<number>()
      let model: number[] = []
      let next = 0
      for (const each of steps) {
        if (each === 'push') {
          fifo.push(next)
          model.push(next++)
        } else if (each === 'shift') {
          expect(fifo.shift()).toBe(model.shift())
        } else {
          expect(fifo.takeAll()).toEqual(model)
          model = []
        }
        expect([fifo.length, fifo.peek(), fifo.last()]).toEqual([model.length, model[0], model.at(-1)])
      }
    }),
  )
})

test('keeps its order when it has grown long', () => {
  const fifo = new Fifo<number>()
  let pushed = 0
  let taken = 0
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 1000; i++) fifo.push(pushed++)
    for (let i = 0; i < 900; i++) expect(fifo.shift()).toBe(taken++)
  }
  expect(fifo.length).toBe(2000)
  expect(fifo.takeAll()[0]).toBe(taken)
})
