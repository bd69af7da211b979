import type { GeneratedFile } from './emit-file.ts'
import { intersect, isEmpty, type Schema, type SchemaField, type VersionRange } from './schema.ts'

/**
 * The fields of every message for the conformance tests, which read Kafka's JSON by it: straight from the schemas
 * and past the layout of the generated code, so that a mistake there is not repeated here.
 */

export const shapesPath = 'test/conformance/shapes.json'

/** `[type]` or `[type, default]` of a field; a structure has its own fields as its type, in a list for arrays. */
type FieldShape = readonly [type: string | Shape | readonly [Shape], fallback?: string]
interface Shape {
  [field: string]: FieldShape
}

export function emitShapes(schemas: readonly Schema[]): GeneratedFile {
  const lines = schemas.map((schema) => `"${schema.name}":${JSON.stringify(messageShape(schema))}`)
  return { path: shapesPath, text: `{\n${lines.join(',\n')}\n}\n` }
}

function messageShape(schema: Schema): Shape {
  const common = new Map(schema.commonStructures.map(({ name, fields }) => [name, fields]))
  const shapeOf = (fields: readonly SchemaField[], within: VersionRange): Shape => {
    const shape: Shape = {}
    for (const field of fields) {
      const versions = intersect(field.versions, within)
      if (isEmpty(versions)) continue
      const isArray = field.type.startsWith('[]')
      const inner = field.fields ?? common.get(isArray ? field.type.slice(2) : field.type)
      const structure = inner && shapeOf(inner, versions)
      const type = structure === undefined ? field.type : isArray ? ([structure] as const) : structure
      shape[field.name[0]!.toLowerCase() + field.name.slice(1)] =
        field.default === null ? [type] : [type, field.default]
    }
    return shape
  }
  return shapeOf(schema.fields, schema.versions)
}
