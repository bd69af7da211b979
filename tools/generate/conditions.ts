import { covers, isEmpty, type VersionRange } from './schema.ts'

/** Versions as conditions of TypeScript on the variable `version`, said as briefly as what is known allows. */

/** Whether `version`, which is within `known`, is within `range`; null when it always is. */
export function whenWithin(range: VersionRange, known: VersionRange): string | null {
  if (covers(range, known)) return null
  if (range.to >= known.to) return `version >= ${range.from}`
  if (range.from === range.to || range.to === known.from) return `version === ${range.to}`
  if (range.from <= known.from) return `version <= ${range.to}`
  return `version >= ${range.from} && version <= ${range.to}`
}

/** Whether `version`, which is within `known`, is outside of `range`; null when it never is. */
export function whenOutside(range: VersionRange, known: VersionRange): string | null {
  if (isEmpty(range)) return 'true'
  const parts: string[] = []
  if (range.from > known.from) parts.push(`version < ${range.from}`)
  if (range.to < known.to) parts.push(`version > ${range.to}`)
  return parts.length === 0 ? null : parts.join(' || ')
}

/** Whether the compact form is used: always, never, or as a variable `flexible` says. */
export type Compactness = 'always' | 'never' | 'flexible'

export function compactness(versions: VersionRange, flexibleFrom: number): Compactness {
  if (versions.from >= flexibleFrom) return 'always'
  return versions.to < flexibleFrom ? 'never' : 'flexible'
}
