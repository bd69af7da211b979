/** What is generated for schemas that have one thing each; that the whole is right is for the conformance tests. */
import { describe, expect, it } from 'vitest'
import { whenOutside, whenWithin } from '../../../tools/generate/conditions.ts'
import { parseVersions } from '../../../tools/generate/schema.ts'
import { CodeText } from '../../../tools/generate/text.ts'
import { generated, generatedApi } from './support.ts'

const int = (name: string, more = {}) => ({ name, type: 'int32', ...more })

describe('conditions', () => {
  it.each([
    ['0+', '2-5', null, null],
    ['3+', '2-5', 'version >= 3', 'version < 3'],
    ['0-4', '2-5', 'version <= 4', 'version > 4'],
    ['0-2', '2-5', 'version === 2', 'version > 2'],
    ['3-4', '2-5', 'version >= 3 && version <= 4', 'version < 3 || version > 4'],
    ['3', '2-5', 'version === 3', 'version < 3 || version > 3'],
    ['5+', '2-5', 'version >= 5', 'version < 5'],
  ])('of versions %s within %s', (range, known, within, outside) => {
    expect(whenWithin(parseVersions(range), parseVersions(known))).toBe(within)
    expect(whenOutside(parseVersions(range), parseVersions(known))).toBe(outside)
  })
})

describe('fields', () => {
  it('of the same versions share one condition', () => {
    const code = generated({ fields: [int('A', { versions: '2+' }), int('B', { versions: '2+' }), int('C')] })
    expect(code.match(/if \(version >= 2\)/g)).toHaveLength(1)
  })

  it('that no version carries are left out', () => {
    expect(
      generated({ validVersions: '4-9', fields: [int('A', { versions: '0-3' }), int('B')] }),
    ).not.toMatch(/\ba\b:/)
  })

  it('have defaults in decimal, whatever the schema writes', () => {
    const fields = [int('A', { default: '0x7fffffff' }), { name: 'B', type: 'int64', default: -1 }]
    const code = generated({ fields })
    expect(code).toContain('a = 2147483647, b = -1n')
    expect(code).toContain('default 2147483647')
  })

  it('with a default of null must have null in some version', () => {
    expect(() => generated({ fields: [{ name: 'A', type: 'string', default: 'null' }] })).toThrow(
      'never null',
    )
  })
})

describe('structures', () => {
  it('are known in the versions in which any field uses them', () => {
    const code = generated({
      commonStructs: [
        { name: 'Inner', versions: '0+', fields: [{ name: 'X', type: 'int8', versions: '0+' }] },
      ],
      flexibleVersions: '6+',
      fields: [
        { name: 'A', type: 'Inner', versions: '6-7' },
        { name: 'B', type: '[]Inner', versions: '2-3' },
      ],
    })
    expect(code).toContain('if (flexible) reader.skipTags()')
    expect(code).toContain('version >= 2 && version <= 3 ? reader.arrayCount')
  })

  it('whose bytes do not change ask for no version', () => {
    const fields = [{ name: 'A', type: '[]Inner', fields: [int('X')] }]
    expect(generated({ fields })).toContain('function decodeInner(reader: Reader): Inner {')
  })

  it('that can take no bytes stop the generator, because nothing would bound their number', () => {
    const fields = [{ name: 'A', type: '[]Inner', fields: [int('X', { versions: '1+' })] }]
    expect(() => generated({ fields })).toThrow('no bytes')
  })

  it('of one name in request and response are told apart', () => {
    const fields = [{ name: 'A', type: '[]Part', fields: [int('X')] }]
    const code = generatedApi({ fields }, { fields })
    expect(code).toContain('export interface SampleRequestPart {')
    expect(code).toContain('export interface SampleResponsePart {')
    expect(generatedApi({ fields }, {})).toContain('export interface Part {')
  })
})

describe('an unstable latest version', () => {
  it('is not the one to be negotiated', () => {
    expect(generatedApi({ latestVersionUnstable: true }, {})).toContain('latestStableVersion: 8,')
    expect(generatedApi({}, {})).toContain('latestStableVersion: 9,')
  })
})

describe('text', () => {
  it('breaks lists where they do not fit', () => {
    const text = new CodeText()
    const items = Array.from({ length: 30 }, (_, i) => `item${i}`)
    text.list('return {', items, '}')
    const lines = text.toString().trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(3)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110)
    expect(lines.join('').match(/item\d+/g)).toEqual(items)
  })
})
