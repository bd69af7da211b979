import { expect, test } from 'vitest'
import { ConfigurationError } from '../../src/errors.ts'
import { type Duration, durationMs } from '../../src/testing/duration.ts'

test.each<[Duration, number]>([
  [0, 0],
  [250, 250],
  [0.5, 0.5],
  ['0s', 0],
  ['200ms', 200],
  ['30s', 30_000],
  ['1.5s', 1500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
])('%s are %d ms', (duration, ms) => {
  expect(durationMs(duration, 'delay')).toBe(ms)
})

test('a signed one may go back', () => {
  expect(durationMs('-1h', 'jump', true)).toBe(-3_600_000)
  expect(durationMs(-5, 'jump', true)).toBe(-5)
  expect(durationMs('+5s', 'jump', true)).toBe(5000)
})

test.each<unknown>(['-1s', -1, '5', 's', '5 s', '1h30m', '', Number.NaN, Number.POSITIVE_INFINITY, null, 5n])(
  '%s is refused',
  (duration) => {
    const refused = () => durationMs(duration as Duration, 'delay')
    expect(refused).toThrow(ConfigurationError)
    expect(refused).toThrow(/^delay must be a number of milliseconds or text as .*; not /)
  },
)
