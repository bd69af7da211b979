import { describe, expect, it } from 'vitest'
import {
  hull,
  intersect,
  isEmpty,
  NO_VERSIONS,
  parseSchema,
  parseVersions,
} from '../../../tools/generate/schema.ts'
import { schema } from './support.ts'

describe('versions', () => {
  it('are one, a range, open, or none', () => {
    expect(parseVersions('3')).toEqual({ from: 3, to: 3 })
    expect(parseVersions('3-7')).toEqual({ from: 3, to: 7 })
    expect(parseVersions('3+')).toEqual({ from: 3, to: 32767 })
    expect(isEmpty(parseVersions('none'))).toBe(true)
    for (const text of ['', '3-', '+', 'a', '3 - 7'])
      expect(() => parseVersions(text)).toThrow('no known form')
  })

  it('intersect and combine', () => {
    expect(intersect({ from: 0, to: 5 }, { from: 3, to: 9 })).toEqual({ from: 3, to: 5 })
    expect(isEmpty(intersect({ from: 0, to: 2 }, { from: 3, to: 9 }))).toBe(true)
    expect(hull({ from: 5, to: 6 }, { from: 1, to: 2 })).toEqual({ from: 1, to: 6 })
    expect(hull(NO_VERSIONS, { from: 1, to: 2 })).toEqual({ from: 1, to: 2 })
  })
})

describe('a schema', () => {
  it('may have comments, and strings that look like them', () => {
    const text = `// about
      { "name": "A", "type": "data", // type
        "validVersions": "0", "flexibleVersions": "none",
        "fields": [ { "name": "B", "type": "string", "versions": "0+", "default": "http://\\"x\\"" } ] } // end`
    expect(parseSchema(text).fields[0]!.default).toBe('http://"x"')
  })

  it('with something that the generator does not know stops it', () => {
    const field = { name: 'B', type: 'string' }
    expect(() => schema({ fields: [{ ...field, novelty: 1 }] })).toThrow('novelty')
    expect(() => schema({ fields: [{ ...field, taggedVersions: '3+', tag: 0 }] })).toThrow('tagged')
    expect(() => schema({ fields: [{ ...field, flexibleVersions: '2+' }] })).toThrow('flexible')
  })
})
