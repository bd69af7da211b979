import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readUnsecuredJwt } from '../../../src/testing/security/sasl/unsecured-jwt.ts'

const nowMs = 1_700_000_000_000
const soon = nowMs / 1000 + 60

function token(claims: unknown, header: unknown = { alg: 'none' }): string {
  return `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
}

test('the name and the end', () => {
  expect(readUnsecuredJwt(token({ sub: 'alice', exp: soon }), nowMs)).toEqual({
    name: 'alice',
    expiresAtMs: nowMs + 60_000,
  })
})

test.each([
  ['over', token({ sub: 'alice', exp: soon - 61 })],
  ['over at this moment', token({ sub: 'alice', exp: nowMs / 1000 })],
  ['without an end', token({ sub: 'alice' })],
  ['an end that is no number', token({ sub: 'alice', exp: '1' })],
  ['without a name', token({ exp: soon })],
  ['a name of spaces', token({ sub: ' ', exp: soon })],
  ['a name that is a number', token({ sub: 7, exp: soon })],
  ['issued in the future', token({ sub: 'alice', exp: soon, iat: soon - 1 })],
  ['issued after its end', token({ sub: 'alice', exp: soon, iat: soon + 1 })],
  ['another algorithm', token({ sub: 'alice', exp: soon }, { alg: 'HS256' })],
  ['a signature', `${token({ sub: 'alice', exp: soon })}abc`],
  ['claims that are a list', token([1])],
  ['a header that is null', token({ sub: 'alice', exp: soon }, null)],
])('%s is not valid', (_, text) => {
  expect(readUnsecuredJwt(text, nowMs)).toBeUndefined()
})

test('no text makes it throw', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readUnsecuredJwt(text, nowMs)).toBeUndefined()
    }),
  )
})
