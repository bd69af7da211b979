import { type ElementType, type Field, isNullable, type Structure } from './layout.ts'
import { covers, isEmpty, type VersionRange } from './schema.ts'
import type { CodeText } from './text.ts'

/** Interfaces: one a structure, with what TypeScript cannot say in a comment behind the field. */

export function elementTypeName(type: ElementType): string {
  if (type.kind === 'structure') return type.structure.name
  switch (type.name) {
    case 'bool':
      return 'boolean'
    case 'int64':
      return 'bigint'
    case 'uuid':
    case 'string':
      return 'string'
    case 'bytes':
    case 'records':
      return 'Buffer'
    default:
      return 'number'
  }
}

/** The type without null. */
export function baseTypeName({ type }: Field): string {
  return type.kind === 'array' ? `${elementTypeName(type.element)}[]` : elementTypeName(type)
}

export function typeName(field: Field): string {
  return isNullable(field) ? `${baseTypeName(field)} | null` : baseTypeName(field)
}

/** `in 3`, `from 3`, `until 7`, `3-7`, or null when it is all of `known`. */
function within(range: VersionRange, known: VersionRange): string | null {
  if (covers(range, known)) return null
  if (range.to >= known.to) return `from ${range.from}`
  if (range.from === range.to || range.to === known.from) return `in ${range.to}`
  return range.from <= known.from ? `until ${range.to}` : `${range.from}-${range.to}`
}

function remarks(field: Field, structure: Structure): string {
  const { type, nullable, versions } = field
  const element = type.kind === 'array' ? type.element : type
  const parts: string[] = []
  if (element.kind === 'primitive' && !['bool', 'string', 'bytes'].includes(element.name))
    parts.push(element.name)
  if (field.mapKey) parts.push('key')
  const carried = within(versions, structure.versions)
  if (carried !== null) parts.push(carried)
  if (field.tag !== null) parts.push(`tag ${field.tag}`)
  if (!isEmpty(nullable)) {
    const nulls = within(nullable, versions)
    if (nulls !== null) parts.push(`null ${nulls}`)
  }
  if (field.default !== null && !['0', 'false', ''].includes(field.default)) {
    parts.push(`default ${Number.isNaN(Number(field.default)) ? field.default : BigInt(field.default)}`)
  }
  return parts.join(', ')
}

export function emitInterface(text: CodeText, structure: Structure): void {
  text.block(`export interface ${structure.name} {`, () => {
    for (const field of structure.fields) {
      const remark = remarks(field, structure)
      text.line(`${field.property}: ${typeName(field)}${remark === '' ? '' : ` // ${remark}`}`)
    }
  })
}
