import { expect, test } from 'vitest'
import { RecordMetadata } from '../../src/index.ts'
import { judge } from './load.ts'

const acknowledged = ['0', '1', '2'].map((value, i) => ({
  value,
  metadata: new RecordMetadata('t', 0, BigInt(i), 0),
}))
const log = (...values: string[]) => new Map(values.map((value, i) => [`0:${i}`, value]))

test('finds nothing where everything is in order', () => {
  expect(judge(log('0', '1', '2'), acknowledged)).toEqual({ lost: [], duplicated: 0, swapped: 0 })
})

test('finds what is lost, duplicated and swapped', () => {
  expect(judge(log('0', '1'), acknowledged)).toEqual({ lost: ['2'], duplicated: 0, swapped: 0 })
  expect(judge(log('0', '1', '2', '1'), acknowledged)).toEqual({ lost: [], duplicated: 1, swapped: 0 })
  expect(judge(log('0', '2', '1'), acknowledged)).toEqual({ lost: ['1', '2'], duplicated: 0, swapped: 1 })
})
