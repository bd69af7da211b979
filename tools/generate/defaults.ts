import { type Field, isNullable, type Structure } from './layout.ts'

/** What a field is when nothing was said about it, and how to see that something was. */

/** The default as an expression; a new object or array each time it is evaluated. */
export function defaultValue(field: Field): string {
  const { type } = field
  const given = field.default
  if (given === 'null') {
    if (!isNullable(field)) throw new Error(`field ${field.property} has the default null and is never null`)
    return 'null'
  }
  if (type.kind === 'array') return '[]'
  if (type.kind === 'structure') return defaultStructure(type.structure)
  switch (type.name) {
    case 'bool':
      return given ?? 'false'
    case 'int64':
      return `${BigInt(given ?? 0)}n`
    case 'string':
      return `'${given ?? ''}'`
    case 'uuid':
      return 'ZERO_UUID'
    case 'bytes':
      return 'noBytes'
    case 'records':
      return isNullable(field) ? 'null' : 'noBytes'
    default:
      return String(Number(given ?? 0))
  }
}

function defaultStructure(structure: Structure): string {
  return `{ ${structure.fields.map((field) => `${field.property}: ${defaultValue(field)}`).join(', ')} }`
}

/** The default where a draft is taken apart: the fields of a structure have defaults of their own. */
export function draftDefault(field: Field): string {
  return field.type.kind === 'structure' && field.default !== 'null' ? '{}' : defaultValue(field)
}

/** An expression that is true when the variable named for the field holds its default; `not` turns it round. */
export function isDefault(field: Field, not = false): string {
  const { property: name, type } = field
  const fallback = defaultValue(field)
  const is = not ? '!==' : '==='
  if (fallback === 'null') return `${name} ${is} null`
  const length = type.kind === 'array' ? `${name}.length` : `byteLength(${name})`
  if (type.kind === 'array' || fallback === 'noBytes') {
    if (!isNullable(field)) return `${length} ${is} 0`
    return not ? `(${name} === null || ${length} !== 0)` : `${name} !== null && ${length} === 0`
  }
  if (type.kind === 'structure') return `${not ? '!' : ''}${isDefaultName(type.structure)}(${name})`
  return `${name} ${is} ${fallback}`
}

export function isDefaultName(structure: Structure): string {
  return `isDefault${structure.name}`
}
