import { expect, test } from 'vitest'
import { ConfigurationError, json, nothing, type StandardSchema, string, topic } from '../../src/index.ts'

test('a definition has a name and both serdes', () => {
  const orders = topic('orders', { key: string, value: (value: Date) => value.toISOString() })
  expect(orders).toMatchObject({ name: 'orders', keyIsOptional: false })
  expect(orders.value.serialize(new Date(0), { topic: 'orders', field: 'value' })).toBe(
    '1970-01-01T00:00:00.000Z',
  )
  expect(orders.value.deserialize(Buffer.from('abc'), 0, 2)).toEqual(Buffer.from('ab'))
})

test('a key may be left out where nothing is said of keys, or nothing', () => {
  expect(topic('t').keyIsOptional).toBe(true)
  expect(topic('t', { key: nothing }).keyIsOptional).toBe(true)
  expect(topic('t', { key: json() }).keyIsOptional).toBe(false)
})

test('a serde may be an instance of a class', () => {
  class Suffix {
    readonly #suffix = '!'
    serialize(value: string) {
      return value + this.#suffix
    }
    deserialize(buffer: Buffer, start: number, end: number) {
      return buffer.toString('utf8', start, end - this.#suffix.length)
    }
  }
  const { serialize, deserialize } = topic('t', { value: new Suffix() }).value
  expect(serialize('a', { topic: 't', field: 'value' })).toBe('a!')
  expect(deserialize(Buffer.from('a!'), 0, 2)).toBe('a')
})

const schema = {
  '~standard': { version: 1, vendor: 'test', validate: () => ({ value: 1 }) },
} as StandardSchema

test.each<[string, object, RegExp]>([
  ['a validator alone', { value: schema }, /topic t: value is a validator; .*json\(validator\)/],
  ['text', { key: 'string' }, /topic t: key must be a serde or a function that serializes, not a string/],
  ['null', { key: null }, /not null/],
  ['half a serde', { value: { serialize() {} } }, /not an object/],
  ['an unknown field', { values: string }, /no option 'values'; did you mean 'value'/],
])('%s is refused', (_, formats, message) => {
  expect(() => topic('t', formats)).toThrow(ConfigurationError)
  expect(() => topic('t', formats)).toThrow(message)
})
