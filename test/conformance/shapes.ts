import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../tools/project-root.ts'

/** The fields of each message as the schemas give them; `npm run generate` writes the file that is read here. */

/** A primitive (`int32`), an array of them (`[]int32`), a structure, or an array of structures (in a list). */
export type TypeShape = string | Shape | readonly [Shape]

/** The type, and the default where the schema gives one. */
export type FieldShape = readonly [type: TypeShape, fallback?: string]

export interface Shape {
  readonly [field: string]: FieldShape
}

const path = join(projectRoot(), 'test/conformance/shapes.json')

/** By the message's name. */
export const shapes = new Map(Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, Shape>))

export function isStructure(type: TypeShape): type is Shape {
  return typeof type === 'object' && !Array.isArray(type)
}

/** The type of an array's elements; null when the type is not an array. */
export function elementOf(type: TypeShape): TypeShape | null {
  if (typeof type === 'string') return type.startsWith('[]') ? type.slice(2) : null
  return Array.isArray(type) ? (type as readonly [Shape])[0] : null
}

/** Whether records come up anywhere in a message. */
export function hasRecords(shape: Shape): boolean {
  return Object.values(shape).some(([type]) => {
    const inner = elementOf(type) ?? type
    return isStructure(inner) ? hasRecords(inner) : inner === 'records'
  })
}

/** What a field reads as when the version does not carry it. */
export function defaultOf([type, fallback]: FieldShape): unknown {
  if (fallback === 'null') return null
  if (elementOf(type) !== null) return []
  if (isStructure(type)) {
    return Object.fromEntries(Object.entries(type).map(([field, shape]) => [field, defaultOf(shape)]))
  }
  switch (type) {
    case 'bool':
      return fallback === 'true'
    case 'string':
      return fallback ?? ''
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAA'
    case 'bytes':
      return Buffer.alloc(0)
    case 'records':
      return null
    case 'int64':
      return BigInt(fallback ?? 0)
    default:
      return Number(fallback ?? 0)
  }
}
