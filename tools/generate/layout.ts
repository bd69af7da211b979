import {
  covers,
  hull,
  intersect,
  isEmpty,
  NO_VERSIONS,
  type Schema,
  type SchemaField,
  type VersionRange,
} from './schema.ts'

/**
 * What a message looks like in TypeScript: its structures with names that are unique in their file, each field
 * narrowed to the versions in which its structure comes up at all.
 */

export type PrimitiveName =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'

export type ElementType =
  | { readonly kind: 'primitive'; readonly name: PrimitiveName }
  | { readonly kind: 'structure'; readonly structure: Structure }

export type FieldType = ElementType | { readonly kind: 'array'; readonly element: ElementType }

export interface Field {
  /** The schema's name with a small first letter. */
  readonly property: string
  readonly type: FieldType
  /** Within the versions of its structure; never empty. */
  readonly versions: VersionRange
  /** Within `versions`. */
  readonly nullable: VersionRange
  readonly tag: number | null
  readonly default: string | null
  readonly ignorable: boolean
  readonly mapKey: boolean
  readonly hasCompactForm: boolean
}

export interface Structure {
  /** The name of its interface. */
  readonly name: string
  /** The versions of the message in which the structure can come up. */
  readonly versions: VersionRange
  readonly flexibleFrom: number
  readonly fields: readonly Field[]
}

export interface MessageLayout {
  readonly schema: Schema
  readonly root: Structure
  /** The structures below the root, each before those that it holds. */
  readonly nested: readonly Structure[]
}

const primitives = new Set<string>(
  'bool int8 int16 uint16 int32 uint32 int64 float64 uuid string bytes records'.split(' '),
)

function structureName(type: string): string | null {
  const element = type.replace('[]', '')
  return primitives.has(element) ? null : element
}

/** The names of all structures below the root of a schema. */
export function nestedNames(schema: Schema): Set<string> {
  return new Set(fieldsByStructure(schema).keys())
}

function fieldsByStructure(schema: Schema): Map<string, readonly SchemaField[]> {
  const found = new Map<string, readonly SchemaField[]>()
  for (const { name, fields } of schema.commonStructures) found.set(name, fields)
  const collect = (fields: readonly SchemaField[]): void => {
    for (const field of fields) {
      if (field.fields === null) continue
      found.set(structureName(field.type)!, field.fields)
      collect(field.fields)
    }
  }
  collect(schema.fields)
  for (const { fields } of schema.commonStructures) collect(fields)
  return found
}

/** `rename` gives a nested structure its name in the file. */
export function layOut(schema: Schema, rename: (name: string) => string): MessageLayout {
  const fieldsOf = fieldsByStructure(schema)
  const versionsOf = new Map<string, VersionRange>()

  // A structure may be used by several fields: it comes up in the versions of all of them.
  const spread = (fields: readonly SchemaField[], versions: VersionRange): void => {
    for (const field of fields) {
      const name = structureName(field.type)
      const used = intersect(field.versions, versions)
      if (name === null || isEmpty(used)) continue
      const before = versionsOf.get(name) ?? NO_VERSIONS
      const after = hull(before, used)
      versionsOf.set(name, after)
      if (!covers(before, after)) spread(fieldsOf.get(name)!, after)
    }
  }
  spread(schema.fields, schema.versions)

  const made = new Map<string, Structure>()
  const make = (name: string, fields: readonly SchemaField[], versions: VersionRange): Structure => ({
    name,
    versions,
    flexibleFrom: schema.flexibleFrom,
    fields: fields
      .filter((field) => !isEmpty(intersect(field.versions, versions)))
      .map((field) => layOutField(field, versions)),
  })
  const nestedStructure = (name: string): Structure => {
    let structure = made.get(name)
    if (structure === undefined) {
      // Noted before its fields are laid out, so that a structure comes before those that it holds.
      made.set(name, { name, versions: NO_VERSIONS, flexibleFrom: 0, fields: [] })
      structure = make(rename(name), fieldsOf.get(name)!, versionsOf.get(name)!)
      made.set(name, structure)
    }
    return structure
  }
  const elementType = (type: string): ElementType =>
    primitives.has(type)
      ? { kind: 'primitive', name: type as PrimitiveName }
      : { kind: 'structure', structure: nestedStructure(type) }
  const layOutField = (field: SchemaField, within: VersionRange): Field => {
    const versions = intersect(field.versions, within)
    return {
      property: field.name[0]!.toLowerCase() + field.name.slice(1),
      type: field.type.startsWith('[]')
        ? { kind: 'array', element: elementType(field.type.slice(2)) }
        : elementType(field.type),
      versions,
      nullable: intersect(field.nullableVersions, versions),
      tag: field.tag,
      default: field.default,
      ignorable: field.ignorable,
      mapKey: field.mapKey,
      hasCompactForm: field.hasCompactForm,
    }
  }
  const root = make(schema.name, schema.fields, schema.versions)
  return { schema, root, nested: [...made.values()] }
}

export function isNullable(field: Field): boolean {
  return !isEmpty(field.nullable)
}

/** The fewest bytes that a structure takes in any of its versions; it bounds how many can be in a message. */
export function leastBytes(structure: Structure): number {
  let least = Number.POSITIVE_INFINITY
  for (let version = structure.versions.from; version <= structure.versions.to; version++) {
    least = Math.min(least, bytesInVersion(structure, version))
  }
  if (least === 0)
    throw new Error(`structure ${structure.name} can take no bytes at all, which is not supported`)
  return least
}

const fixedBytes: Partial<Record<PrimitiveName, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
}

function bytesInVersion(structure: Structure, version: number): number {
  const flexible = version >= structure.flexibleFrom
  let bytes = flexible ? 1 : 0
  for (const { versions, tag, type, nullable, hasCompactForm } of structure.fields) {
    if (tag !== null || version < versions.from || version > versions.to) continue
    const compact = flexible && hasCompactForm
    if (type.kind === 'array') bytes += compact ? 1 : 4
    else if (type.kind === 'structure') {
      bytes += isEmpty(nullable) ? bytesInVersion(type.structure, version) : 1
    } else bytes += fixedBytes[type.name] ?? (compact ? 1 : type.name === 'string' ? 2 : 4)
  }
  return bytes
}
