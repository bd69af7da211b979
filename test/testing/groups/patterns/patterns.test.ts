import { describe, expect, test } from 'vitest'
import { matches } from '../../../../src/testing/groups/patterns/match.ts'
import { PatternError, parsePattern } from '../../../../src/testing/groups/patterns/parse.ts'

function isMatch(pattern: string, text: string): boolean {
  return matches(parsePattern(pattern), text)
}

// Which patterns Kafka takes, and what they match, is compared with it in the scenarios; here is what it cannot show.
describe('patterns of topics', () => {
  test('that make others run for ever are decided at once', () => {
    const text = 'a'.repeat(249)
    const began = performance.now()
    expect(isMatch('(a+)+b', text)).toBe(false)
    expect(isMatch('((a*)*)*', text)).toBe(true)
    expect(isMatch('(a|a?)+x', text)).toBe(false)
    expect(isMatch('a{0,249}a{249}', text)).toBe(true)
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  test('that are too large are refused', () => {
    expect(() => parsePattern('a'.repeat(10_001))).toThrow(PatternError)
    expect(() => parsePattern(`${'('.repeat(200)}${')'.repeat(200)}`)).toThrow(PatternError)
    expect(() => parsePattern('(a{1000}b{1000})'.repeat(100))).toThrow(PatternError)
  })

  test.each([
    ['(?s)a.b', 'a\nb', true],
    ['a.b', 'a\nb', false],
    ['(?m)a$\\n^b', 'a\nb', true],
    ['a$\\n^b', 'a\nb', false],
    ['[[:^digit:]]+', 'ab', true],
    ['[[:^digit:]]+', 'a1', false],
    ['\\P{Lu}', 'a', true],
    ['\\p{^Lu}', 'A', false],
    ['\\x{e9}', 'é', true],
    ['\\Bb', 'b', false],
    ['(?i)[^a]', 'A', false],
    ['a{2,3}', 'aaaa', false],
  ])('%s on %j is %s', (pattern, text, expected) => {
    expect(isMatch(pattern, text)).toBe(expected)
  })
})
