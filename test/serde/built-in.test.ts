import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bytes,
  double,
  int32,
  int64,
  json,
  nothing,
  SerializationError,
  type SyncSerde,
  string,
  uuid,
} from '../../src/index.ts'

function written<In>(serde: SyncSerde<In, unknown>, value: In): Buffer {
  const data = serde.serialize(value)
  if (data === null) throw new Error('nothing was written')
  return Buffer.from(data as string)
}

/** What comes back of a value that lies in the middle of a response. */
function through<In, Out>(serde: SyncSerde<In, Out>, value: In): Out {
  const data = written(serde, value)
  const response = Buffer.concat([Buffer.from('before'), data, Buffer.from('after')])
  return serde.deserialize(response, 6, 6 + data.length)
}

function read<Out>(serde: SyncSerde<never, Out>, data: Buffer): Out {
  return serde.deserialize(data, 0, data.length)
}

describe('what is written comes back', () => {
  const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  test.each<[string, SyncSerde<never, unknown>, fc.Arbitrary<unknown>]>([
    ['string', string, fc.string({ unit: 'grapheme' })],
    ['bytes', bytes, fc.uint8Array().map((array) => Buffer.from(array))],
    ['int32', int32, fc.integer()],
    ['int64', int64, long],
    ['double', double, fc.double()],
    ['uuid', uuid, fc.uuid()],
    ['json', json(), fc.jsonValue().filter((value) => !hasMinusZero(value))],
  ])('%s', (_, serde, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(through(serde as SyncSerde<unknown, unknown>, value)).toEqual(value)
      }),
    )
  })

  function hasMinusZero(value: unknown): boolean {
    if (typeof value === 'object' && value !== null) return Object.values(value).some(hasMinusZero)
    return Object.is(value, -0)
  }
})

test.each<[string, SyncSerde<never, unknown>, unknown, string]>([
  ['string', string, 'ö😀', 'c3b6f09f9880'],
  ['half a surrogate pair', string, 'a\ud800b', '613f62'],
  ['bytes', bytes, new Uint8Array([0, 255]), '00ff'],
  ['int32', int32, -2, 'fffffffe'],
  ['int64', int64, 1n, '0000000000000001'],
  ['double', double, -1.5, 'bff8000000000000'],
  ['minus zero', double, -0, '8000000000000000'],
  // A NaN whose sign is set, which some processors make of 0/0.
  ['NaN', double, new Float64Array(new BigUint64Array([0xfff8000000000001n]).buffer)[0], '7ff8000000000000'],
  [
    'uuid',
    uuid,
    'F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6',
    Buffer.from('f81d4fae-7dec-11d0-a765-00a0c91e6bf6').toString('hex'),
  ],
  ['json', json(), { b: ['ö', null] }, Buffer.from('{"b":["ö",null]}').toString('hex')],
])('%s is written as its bytes', (_, serde, value, hex) => {
  expect(written(serde, value as never).toString('hex')).toBe(hex)
})

test.each<[string, SyncSerde<never, unknown>, unknown, RegExp]>([
  ['a number as string', string, 5, /must be a string, not 5/],
  ['text as bytes', bytes, 'x', /must be a Uint8Array, not a string/],
  ['a fraction as int32', int32, 1.5, /integer from -2147483648 to 2147483647, not 1.5/],
  ['2^31 as int32', int32, 2 ** 31, /not 2147483648/],
  ['text as int32', int32, '5', /not a string/],
  ['NaN as int32', int32, Number.NaN, /not NaN/],
  ['a number as int64', int64, 5, /bigint from -2\^63 to 2\^63 - 1, not 5/],
  ['2^63 as int64', int64, 2n ** 63n, /not 9223372036854775808n/],
  ['less than -2^63 as int64', int64, -(2n ** 63n) - 1n, /not -9223372036854775809n/],
  ['a bigint as double', double, 5n, /must be a number, not 5n/],
  ['an object as uuid', uuid, {}, /UUID as a string, not an object/],
  ['too short a uuid', uuid, '1-1-1-1-1', /36 characters, not '1-1-1-1-1'/],
  ['something as nothing', nothing, 'x', /must be null, not a string/],
  ['a function as json', json(), () => 1, /JSON has no word for a function/],
  ['a bigint in json', json(), { id: 7n }, /BigInt/],
])('%s is refused', (_, serde, value, message) => {
  expect(() => serde.serialize(value as never)).toThrow(message)
})

test.each<[string, SyncSerde<never, unknown>, string, RegExp]>([
  ['int32', int32, 'abc', /read as int32: there are 3 in place of 4/],
  ['int64', int64, 'abcd', /read as int64: there are 4 in place of 8/],
  ['double', double, 'a', /read as double: there are 1 in place of 8/],
  ['uuid', uuid, 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6a', /read as uuid/],
  ['nothing', nothing, '', /read as nothing: there are 0/],
  ['json', json(), '{"a":', /read as json: /],
])('bytes that are no %s are refused', (_, serde, data, message) => {
  const attempt = () => read(serde, Buffer.from(data))
  expect(attempt).toThrow(SerializationError)
  expect(attempt).toThrow(message)
})

test('bytes are read as a view', () => {
  const response = Buffer.from('before and after')
  expect(bytes.deserialize(response, 0, 6).buffer).toBe(response.buffer)
})
