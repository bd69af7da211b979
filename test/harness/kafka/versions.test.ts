import { expect, test } from 'vitest'
import { KAFKA_VERSION } from '../../../tools/kafka-version.ts'
import { propertiesText } from './server-config.ts'
import { atLeast, chosenVersion } from './versions.ts'

test('the version is the one that the environment asks for, if the harness knows it', () => {
  expect(chosenVersion({})).toBe(KAFKA_VERSION)
  expect(chosenVersion({ KAFKA_VERSION: '2.8.2' })).toBe('2.8.2')
  expect(() => chosenVersion({ KAFKA_VERSION: '0.8' })).toThrow(/KAFKA_VERSION is 0\.8; the harness knows 4/)
})

test.each([
  ['4.3.1', '4.3', true],
  ['3.9.2', '3.10', false],
  ['3.10.0', '3.9.2', true],
  ['2.8.2', '2.8.2', true],
  ['2.8.2', '2.8.3', false],
  ['4.0.0', '3.9.9', true],
])('%s is at least %s: %s', (version, least, expected) => {
  expect(atLeast(version, least)).toBe(expected)
})

test('a value with backslashes and line ends stays on its line', () => {
  expect(propertiesText({ a: 'b', pem: 'one\ntwo', path: 'c:\\d' })).toBe(
    'a=b\npem=one\\ntwo\npath=c:\\\\d\n',
  )
})
