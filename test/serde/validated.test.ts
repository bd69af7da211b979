import { expect, test, vi } from 'vitest'
import {
  ConfigurationError,
  json,
  SerializationError,
  type StandardSchema,
  string,
  validated,
} from '../../src/index.ts'

interface OrderInput {
  id: number
  total?: number
}

interface Order {
  id: number
  total: number
}

/** A validator with a default, that drops unknown fields. */
const Order: StandardSchema<OrderInput, Order> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const { id, total = 0 } = value as OrderInput
      const issues = []
      if (typeof id !== 'number') issues.push({ message: 'must be a number', path: ['id'] })
      if (total < 0) issues.push({ message: 'must not be negative', path: [{ key: 'total' }, 0] })
      return issues.length > 0 ? { issues } : { value: { id, total } }
    },
  },
}
const target = { topic: 'orders', field: 'value' } as const

function read<T>(serde: { deserialize(buffer: Buffer, start: number, end: number): T }, text: string): T {
  const data = Buffer.from(text)
  return serde.deserialize(data, 0, data.length)
}

test('what the validator gives is written', () => {
  expect(json(Order).serialize({ id: 7, extra: 1 } as OrderInput, target)).toBe('{"id":7,"total":0}')
})

test('what is read is validated, too', () => {
  expect(read(json(Order), '{"id":7,"secret":1}')).toEqual({ id: 7, total: 0 })
  expect(() => read(json(Order), '{"id":"7"}')).toThrow(/not valid: id: must be a number$/)
})

test('issues are told, with their paths', () => {
  const attempt = () => json(Order).serialize({ id: 'x', total: -1 } as never, target)
  expect(attempt).toThrow(SerializationError)
  expect(attempt).toThrow('it is not valid: id: must be a number (and 1 more)')
  expect(() => json(Order).serialize({ id: 1, total: -1 }, target)).toThrow('total.0: must not be negative')
})

test('an asynchronous validator makes the serializer so, and cannot read', async () => {
  const schema: StandardSchema<string> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: async (value) =>
        value === 'bad' ? { issues: [{ message: 'bad' }] } : { value: value as string },
    },
  }
  const serde = validated(string, schema)
  await expect(serde.serialize('good', target)).resolves.toBe('good')
  await expect(serde.serialize('bad', target)).rejects.toThrow('it is not valid: bad')
  expect(() => read(serde, 'good')).toThrow(/asynchronous validator cannot check what is read/)
})

test('a validator that is a function, as those of ArkType, and looks at its own', () => {
  const validate = vi.fn(function (this: { vendor: string }, value: unknown) {
    return { value: `${this.vendor} ${value}` }
  })
  const schema = Object.assign(() => {}, { '~standard': { version: 1, vendor: 'test', validate } as const })
  expect(validated(string, schema as StandardSchema<string>).serialize('x', target)).toBe('test x')
})

test('a validator may make a tombstone, and not nothing at all', () => {
  const making = (value: unknown) =>
    validated(json(), {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ value }) },
    } as StandardSchema)
  expect(making(null).serialize('x', target)).toBeNull()
  expect(() => making(undefined).serialize('x', target)).toThrow('the validator made undefined of it')
})

test.each([[{}], [null], ['order'], [{ '~standard': { version: 2, validate() {} } }]])(
  '%j is no validator',
  (schema) => {
    expect(() => validated(json(), schema as never)).toThrow(ConfigurationError)
    expect(() => validated(json(), schema as never)).toThrow(/Standard Schema interface/)
  },
)
