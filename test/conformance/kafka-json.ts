/** A message as Kafka's JSON converter prints it: compared with what was decoded, and turned into a draft. */
import { isDeepStrictEqual } from 'node:util'
import { type ExactJson, isExactNumber, wholeDigits } from './exact-json.ts'
import { defaultOf, elementOf, isStructure, type Shape, type TypeShape } from './shapes.ts'

/**
 * The first difference between a decoded structure and Kafka's JSON of it, or null. What the JSON leaves out (the
 * version does not carry it, or it is a tagged field at its default) must be decoded as the schema's default.
 */
export function findDifference(shape: Shape, value: unknown, json: ExactJson, path = ''): string | null {
  if (!isObject(value) || !isObject(json)) {
    return isObject(value) === isObject(json) ? null : differs(path, value, json)
  }
  for (const field of Object.keys(json)) {
    if (shape[field] === undefined) return `${path}.${field} is not a field of the schema`
  }
  for (const field of Object.keys(value)) {
    if (shape[field] === undefined) return `${path}.${field} was decoded and is not a field of the schema`
  }
  for (const [field, fieldShape] of Object.entries(shape)) {
    const at = `${path}.${field}`
    const shown = json[field]
    const decoded = (value as Record<string, unknown>)[field]
    if (shown === undefined) {
      if (!isDeepStrictEqual(decoded, defaultOf(fieldShape))) return differs(at, decoded, undefined)
    } else {
      const difference = compare(fieldShape[0], decoded, shown, at)
      if (difference !== null) return difference
    }
  }
  return null
}

function compare(type: TypeShape, value: unknown, json: ExactJson, path: string): string | null {
  if (value === null || json === null) return value === json ? null : differs(path, value, json)
  const element = elementOf(type)
  if (element !== null) {
    if (!Array.isArray(value) || !Array.isArray(json) || value.length !== json.length) {
      return differs(path, value, json)
    }
    for (let i = 0; i < value.length; i++) {
      const difference = compare(element, value[i], json[i]!, `${path}[${i}]`)
      if (difference !== null) return difference
    }
    return null
  }
  if (isStructure(type)) return findDifference(type, value, json, path)
  return isSame(type as string, value, json) ? null : differs(path, value, json)
}

function isSame(type: string, value: unknown, json: ExactJson): boolean {
  switch (type) {
    case 'bool':
    case 'string':
    case 'uuid':
      return value === json
    case 'bytes':
      return Buffer.isBuffer(value) && value.toString('base64') === json
    case 'records':
      // Kafka's JSON shows records as empty, whatever they are; writing them again checks their bytes.
      return Buffer.isBuffer(value) && json === ''
    case 'int64':
      return typeof value === 'bigint' && isExactNumber(json) && value.toString() === json['#']
    case 'float64':
      return isExactNumber(json) && Object.is(value, Number(json['#']))
    default:
      return typeof value === 'number' && isExactNumber(json) && value.toString() === json['#']
  }
}

/** What `encode` takes for a message that Kafka shows like this. */
export function draftFromJson(shape: Shape, json: ExactJson): Record<string, unknown> {
  if (!isObject(json)) throw new Error(`${JSON.stringify(json)} is not a structure`)
  const draft: Record<string, unknown> = {}
  for (const [field, shown] of Object.entries(json)) {
    const fieldShape = shape[field]
    if (fieldShape === undefined) throw new Error(`${field} is not a field of the schema`)
    draft[field] = valueFromJson(fieldShape[0], shown)
  }
  return draft
}

function valueFromJson(type: TypeShape, json: ExactJson): unknown {
  if (json === null) return null
  const element = elementOf(type)
  if (element !== null) return (json as ExactJson[]).map((item) => valueFromJson(element, item))
  if (isStructure(type)) return draftFromJson(type, json)
  switch (type) {
    case 'bool':
    case 'string':
    case 'uuid':
      return json
    case 'bytes':
      return Buffer.from(json as string, 'base64')
    case 'int64':
      return BigInt(wholeDigits(json))
    case 'float64':
      return Number((json as { '#': string })['#'])
    default:
      return Number(wholeDigits(json))
  }
}

function isObject(json: unknown): json is Record<string, ExactJson> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !Buffer.isBuffer(json)
}

function differs(path: string, decoded: unknown, json: ExactJson | undefined): string {
  const expected = json === undefined ? 'its default' : JSON.stringify(json)
  return `${path} was decoded as ${show(decoded)} and should be ${expected}`
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item)) ?? String(value)
}
