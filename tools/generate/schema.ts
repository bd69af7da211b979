/**
 * Kafka's message schemas: JSON with `//` comments, one file a message. Only facts are taken over (names, types,
 * versions, defaults, nullability, tags); the descriptions are not read.
 */

/** Both ends included; empty when `from` is above `to`. */
export interface VersionRange {
  readonly from: number
  readonly to: number
}

export const NO_VERSIONS: VersionRange = { from: 0, to: -1 }
const latestVersion = 0x7fff

export interface SchemaField {
  readonly name: string
  /** A primitive, a structure's name, or `[]` and one of these. */
  readonly type: string
  readonly versions: VersionRange
  readonly nullableVersions: VersionRange
  /** The number of a tagged field (KIP-482), or null. */
  readonly tag: number | null
  /** As the schema writes it; null when it gives none. */
  readonly default: string | null
  readonly ignorable: boolean
  readonly mapKey: boolean
  /** False for the one field that has no compact form in any version: the client id of the request header. */
  readonly hasCompactForm: boolean
  /** The fields of the structure that is defined in place, or null. */
  readonly fields: readonly SchemaField[] | null
}

export interface SchemaStructure {
  readonly name: string
  readonly fields: readonly SchemaField[]
}

export interface Schema extends SchemaStructure {
  readonly type: string
  /** -1 when it is neither a request nor a response. */
  readonly apiKey: number
  readonly listeners: readonly string[]
  readonly versions: VersionRange
  /** Infinity when no version is flexible. */
  readonly flexibleFrom: number
  readonly latestVersionUnstable: boolean
  readonly commonStructures: readonly SchemaStructure[]
}

export function isEmpty({ from, to }: VersionRange): boolean {
  return from > to
}

export function intersect(a: VersionRange, b: VersionRange): VersionRange {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) }
}

/** The smallest range around both. */
export function hull(a: VersionRange, b: VersionRange): VersionRange {
  if (isEmpty(a)) return b
  return isEmpty(b) ? a : { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) }
}

export function covers(outer: VersionRange, inner: VersionRange): boolean {
  return isEmpty(inner) || (outer.from <= inner.from && outer.to >= inner.to)
}

/** `3`, `3-7`, `3+` or `none`. */
export function parseVersions(text: string): VersionRange {
  if (text === 'none') return NO_VERSIONS
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) throw new Error(`versions ${text} are of no known form`)
  const from = Number(match[1])
  if (match[2] === '+') return { from, to: latestVersion }
  return { from, to: match[3] === undefined ? from : Number(match[3]) }
}

/** Blanks out `//` comments, leaving those inside of strings alone. */
function withoutComments(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g, (found) => (found.startsWith('"') ? found : ''))
}

type Json = Record<string, unknown>

const knownKeys = new Set(
  `name type versions nullableVersions taggedVersions tag default ignorable mapKey flexibleVersions fields
   about entityType zeroCopy`.split(/\s+/),
)

function parseField(json: Json): SchemaField {
  // A key that nobody here knows may change the bytes: better to stop than to generate something else.
  for (const key of Object.keys(json)) {
    if (!knownKeys.has(key)) throw new Error(`field ${json.name} has the unknown key ${key}`)
  }
  const versions = parseVersions(String(json.versions))
  const taggedVersions = parseVersions(String(json.taggedVersions ?? 'none'))
  if (!isEmpty(taggedVersions) && !covers(taggedVersions, versions)) {
    throw new Error(`field ${json.name} is tagged in some of its versions only, which is not supported`)
  }
  const flexibleVersions = json.flexibleVersions
  if (flexibleVersions !== undefined && flexibleVersions !== 'none') {
    throw new Error(`field ${json.name} has flexible versions of its own, which is not supported`)
  }
  return {
    name: String(json.name),
    type: String(json.type),
    versions,
    nullableVersions: parseVersions(String(json.nullableVersions ?? 'none')),
    tag: isEmpty(taggedVersions) ? null : Number(json.tag),
    default: json.default === undefined ? null : String(json.default),
    ignorable: json.ignorable === true,
    mapKey: json.mapKey === true,
    hasCompactForm: flexibleVersions === undefined,
    fields: json.fields === undefined ? null : parseFields(json.fields),
  }
}

function parseFields(json: unknown): SchemaField[] {
  return ((json as Json[] | undefined) ?? []).map(parseField)
}

export function parseSchema(text: string): Schema {
  const json = JSON.parse(withoutComments(text)) as Json
  const flexible = parseVersions(String(json.flexibleVersions ?? 'none'))
  return {
    name: String(json.name),
    type: String(json.type),
    apiKey: typeof json.apiKey === 'number' ? json.apiKey : -1,
    listeners: (json.listeners as string[] | undefined) ?? [],
    versions: parseVersions(String(json.validVersions)),
    flexibleFrom: isEmpty(flexible) ? Number.POSITIVE_INFINITY : flexible.from,
    latestVersionUnstable: json.latestVersionUnstable === true,
    fields: parseFields(json.fields),
    commonStructures: ((json.commonStructs as Json[] | undefined) ?? []).map((structure) => ({
      name: String(structure.name),
      fields: parseFields(structure.fields),
    })),
  }
}
