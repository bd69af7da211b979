import { type Compactness, compactness, whenOutside, whenWithin } from './conditions.ts'
import { defaultValue } from './defaults.ts'
import { typeName } from './emit-type.ts'
import { type ElementType, type Field, isNullable, leastBytes, type Structure } from './layout.ts'
import { covers, isEmpty } from './schema.ts'
import { CodeText } from './text.ts'

/** Decoders: a line or a few for each field in the order of the bytes, and one object literal at the end. */

/** The method of reader and writer for a type that is not a structure or an array of them, as `nullableString`. */
export function methodName(field: Field): string {
  const { type } = field
  const element = type.kind === 'array' ? type.element : type
  if (element.kind === 'structure')
    throw new Error(`${field.property}: structures have functions of their own`)
  const name = (element.name === 'records' ? 'bytes' : element.name) + (type.kind === 'array' ? 'Array' : '')
  return isNullable(field) ? `nullable${name[0]!.toUpperCase()}${name.slice(1)}` : name
}

/** Whether the length before a value has a compact form at all. */
export function hasLength({ type }: Field): boolean {
  return type.kind === 'array' || (type.kind === 'primitive' && /^(string|bytes|records)$/.test(type.name))
}

export function compactnessOf(field: Field, structure: Structure): Compactness {
  return field.hasCompactForm ? compactness(field.versions, structure.flexibleFrom) : 'never'
}

/** The `compact` argument after others: left out for its default. */
export function compactArgument(field: Field, structure: Structure): string {
  return { never: '', always: ', true', flexible: ', flexible' }[compactnessOf(field, structure)]
}

/** The element's structure when the field is an array of structures. */
export function elementStructure({ type }: Field): Structure | null {
  const element: ElementType | null = type.kind === 'array' ? type.element : null
  return element?.kind === 'structure' ? element.structure : null
}

function readCall(field: Field, structure: Structure): string {
  const { type, property } = field
  if (type.kind !== 'structure') {
    const compact = hasLength(field) ? compactArgument(field, structure) : ''
    return `reader.${methodName(field)}('${property}'${compact})`
  }
  const decode = decodeCall(type.structure)
  return isNullable(field) ? `reader.present('${property}') ? ${decode} : null` : decode
}

const decoderUsesVersion = new Map<Structure, boolean>()

/** Whether a structure is read differently in different versions; if not, its decoder does not ask for it. */
export function decodesByVersion(structure: Structure): boolean {
  let uses = decoderUsesVersion.get(structure)
  if (uses === undefined) {
    const body = new CodeText()
    emitDecodeBody(body, structure)
    uses = body.mentions('version') || body.mentions('flexible')
    decoderUsesVersion.set(structure, uses)
  }
  return uses
}

function decodeCall(structure: Structure): string {
  return `decode${structure.name}(reader${decodesByVersion(structure) ? ', version' : ''})`
}

function readLength(field: Field, structure: Structure, element: Structure): string {
  const compact = { never: 'false', always: 'true', flexible: 'flexible' }[compactnessOf(field, structure)]
  const method = isNullable(field) ? 'arrayLength' : 'arrayCount'
  return `reader.${method}('${field.property}', ${compact}, ${leastBytes(element)})`
}

function emitStructureArray(text: CodeText, field: Field, structure: Structure, element: Structure): void {
  const { property } = field
  const length = readLength(field, structure, element)
  const condition = whenWithin(field.versions, structure.versions)
  const nullable = isNullable(field)
  const made = `new Array<${element.name}>`
  const decode = decodeCall(element)
  if (condition === null && !nullable) {
    text.value(`const ${property} =`, `${made}(${length})`)
    text.under(`for (let i = 0; i < ${property}.length; i++)`, `${property}[i] = ${decode}`)
    return
  }
  const count = `${property}Count`
  const absent = defaultValue(field) === 'null' ? -1 : 0
  text.value(`const ${count} =`, condition === null ? length : `${condition} ? ${length} : ${absent}`)
  const array = `${made}(${count})`
  text.value(`const ${property} =`, nullable ? `${count} < 0 ? null : ${array}` : array)
  const target = nullable ? `${property}!` : property
  text.under(`for (let i = 0; i < ${count}; i++)`, `${target}[i] = ${decode}`)
}

function emitField(text: CodeText, field: Field, structure: Structure): void {
  const { property, versions, nullable } = field
  const element = elementStructure(field)
  if (element !== null) emitStructureArray(text, field, structure, element)
  else {
    const call = readCall(field, structure)
    const condition = whenWithin(versions, structure.versions)
    const fallback = defaultValue(field)
    if (condition === null) text.value(`const ${property} =`, call)
    else {
      const annotation = fallback === '[]' || fallback.startsWith('{') ? `: ${typeName(field)}` : ''
      const value = call.includes(' ? ') ? `(${call})` : call
      text.value(`const ${property}${annotation} =`, `${condition} ? ${value} : ${fallback}`)
    }
  }
  if (!isEmpty(nullable) && !covers(nullable, versions)) {
    text.under(
      `if (${property} === null && ${whenOutside(nullable, versions)})`,
      `reader.failNull('${property}')`,
    )
  }
}

function emitTaggedField(text: CodeText, field: Field, structure: Structure): void {
  const { property } = field
  const element = elementStructure(field)
  if (element !== null) {
    text.value(`${property} =`, `new Array<${element.name}>(${readLength(field, structure, element)})`)
    const decode = decodeCall(element)
    text.under(`for (let i = 0; i < ${property}.length; i++)`, `${property}[i] = ${decode}`)
  } else text.line(`${property} = ${readCall(field, structure)}`)
  text.line(`reader.tagDone('${property}', end)`)
}

function emitTags(text: CodeText, structure: Structure, tagged: readonly Field[]): void {
  const flexible = {
    from: Math.max(structure.versions.from, structure.flexibleFrom),
    to: structure.versions.to,
  }
  text.block('for (let left = reader.tagCount(); left > 0; left--) {', () => {
    text.line("const tag = reader.unsignedVarint('tag')")
    text.line('const end = reader.tagEnd()')
    let head = 'if'
    for (const field of tagged) {
      const condition = whenWithin(field.versions, flexible)
      const test = condition === null ? `tag === ${field.tag}` : `tag === ${field.tag} && ${condition}`
      text.block(`${head} (${test}) {`, () => emitTaggedField(text, field, structure), null)
      head = '} else if'
    }
    text.line('} else reader.position = end')
  })
}

/** The statements that read a structure from `reader` in `version` and give it back. */
export function emitDecodeBody(text: CodeText, structure: Structure): void {
  for (const field of structure.fields) if (field.tag === null) emitField(text, field, structure)

  const tagged = taggedFields(structure)
  for (const field of tagged) {
    if (isNullable(field) && (elementStructure(field) !== null || field.type.kind === 'structure')) {
      throw new Error(`${field.property}: tagged fields of nullable structures are not supported`)
    }
    text.line(`let ${field.property}: ${typeName(field)} = ${defaultValue(field)}`)
  }
  const flexible = compactness(structure.versions, structure.flexibleFrom)
  if (flexible === 'flexible' && tagged.length === 0) text.line('if (flexible) reader.skipTags()')
  else if (flexible === 'flexible') text.block('if (flexible) {', () => emitTags(text, structure, tagged))
  else if (flexible === 'always' && tagged.length === 0) text.line('reader.skipTags()')
  else if (flexible === 'always') emitTags(text, structure, tagged)

  text.list(
    'return {',
    structure.fields.map((field) => field.property),
    '}',
  )
}

export function taggedFields(structure: Structure): Field[] {
  return structure.fields.filter((field) => field.tag !== null).sort((a, b) => a.tag! - b.tag!)
}
