import { compactness, whenOutside, whenWithin } from './conditions.ts'
import { draftDefault, isDefault, isDefaultName } from './defaults.ts'
import { compactArgument, elementStructure, hasLength, methodName, taggedFields } from './emit-decode.ts'
import { type Field, isNullable, type Structure } from './layout.ts'
import { covers, isEmpty } from './schema.ts'
import { CodeText } from './text.ts'

/** Encoders: the draft is taken apart with the schema's defaults, then a line or two for each field. */

/** The statement that writes a field to `writer`, which may be a tag's own. */
function emitWrite(text: CodeText, field: Field, structure: Structure, writer = 'writer'): void {
  const { property, type } = field
  const compact = hasLength(field) ? compactArgument(field, structure) : ''
  const element = elementStructure(field)
  if (element !== null) {
    const start = isNullable(field) ? 'nullableArrayStart' : 'arrayStart'
    text.line(`${writer}.${start}(${property}, '${property}'${compact})`)
    const items = isNullable(field) ? `${property} ?? []` : property
    text.under(`for (const item of ${items})`, encodeCall(element, writer, 'item'))
  } else if (type.kind === 'structure') {
    const encode = encodeCall(type.structure, writer, property)
    if (isNullable(field)) {
      text.line(`${writer}.present(${property} !== null)`)
      text.under(`if (${property} !== null)`, encode)
    } else text.line(encode)
  } else text.line(`${writer}.${methodName(field)}(${property}, '${property}'${compact})`)
}

const encoderUsesVersion = new Map<Structure, boolean>()

/** Whether a structure is written differently in different versions; if not, its encoder does not ask for it. */
export function encodesByVersion(structure: Structure): boolean {
  let uses = encoderUsesVersion.get(structure)
  if (uses === undefined) {
    const body = new CodeText()
    emitEncodeBody(body, structure)
    uses = body.mentions('version') || body.mentions('flexible')
    encoderUsesVersion.set(structure, uses)
  }
  return uses
}

function encodeCall(structure: Structure, writer: string, value: string): string {
  return `encode${structure.name}(${writer}, ${value}${encodesByVersion(structure) ? ', version' : ''})`
}

function emitNullCheck(text: CodeText, field: Field): void {
  const { property, versions, nullable } = field
  if (isEmpty(nullable) || covers(nullable, versions)) return
  text.under(
    `if (${property} === null && ${whenOutside(nullable, versions)})`,
    `writer.failNull('${property}')`,
  )
}

/** Fields that are carried in the same versions share one `if`. */
function groupByVersions(fields: readonly Field[]): Field[][] {
  const groups: Field[][] = []
  for (const field of fields) {
    const last = groups.at(-1)
    const before = last?.[0]?.versions
    if (before !== undefined && before.from === field.versions.from && before.to === field.versions.to) {
      last!.push(field)
    } else groups.push([field])
  }
  return groups
}

function emitGroup(text: CodeText, group: readonly Field[], structure: Structure): void {
  const condition = whenWithin(group[0]!.versions, structure.versions)
  const writeAll = (text: CodeText): void => {
    for (const field of group) {
      emitNullCheck(text, field)
      emitWrite(text, field, structure)
    }
  }
  if (condition === null) {
    writeAll(text)
    return
  }
  const refusals = group
    .filter((field) => !field.ignorable)
    .map((field) => [`if (${isDefault(field, true)})`, `writer.failAbsent('${field.property}')`] as const)
  const written = text.draft()
  writeAll(written)
  if (refusals.length === 0 && written.length === 1) {
    text.under(`if (${condition})`, written.only())
    return
  }
  text.block(`if (${condition}) {`, () => writeAll(text), null)
  if (refusals.length === 0) text.line('}')
  else if (refusals.length === 1) text.under(`} else ${refusals[0]![0]}`, refusals[0]![1])
  else {
    text.block('} else {', () => {
      for (const [head, statement] of refusals) text.under(head, statement)
    })
  }
}

function emitTags(text: CodeText, structure: Structure, tagged: readonly Field[]): void {
  if (tagged.length === 0) {
    text.line('writer.tagCount(0)')
    return
  }
  const flexible = {
    from: Math.max(structure.versions.from, structure.flexibleFrom),
    to: structure.versions.to,
  }
  const flag = ({ property }: Field): string => `has${property[0]!.toUpperCase()}${property.slice(1)}`
  for (const field of tagged) {
    const condition = whenWithin(field.versions, flexible)
    const isSet = isDefault(field, true)
    text.line(`const ${flag(field)} = ${condition === null ? isSet : `${condition} && ${isSet}`}`)
  }
  const counted = tagged.map((field) => `Number(${flag(field)})`)
  text.list('writer.tagCount(', counted, ')', ' +')
  for (const field of tagged) {
    text.block(`if (${flag(field)}) {`, () => {
      text.line('const value = writer.tagValue()')
      emitWrite(text, field, structure, 'value')
      text.line(`writer.tag(${field.tag}, value)`)
    })
  }
}

/** The statements that write `message`, a draft of the structure, to `writer` in `version`. */
export function emitEncodeBody(text: CodeText, structure: Structure): void {
  const tagged = taggedFields(structure)
  if (structure.fields.length > 0) emitDraft(text, structure)
  for (const field of tagged) {
    const outside = whenOutside(field.versions, structure.versions)
    if (field.ignorable || outside === null) continue
    const test = `(${outside}) && ${isDefault(field, true)}`.replace(/^\((version \S+ \d+)\)/, '$1')
    text.under(`if (${test})`, `writer.failAbsent('${field.property}')`)
  }
  for (const group of groupByVersions(structure.fields.filter((field) => field.tag === null))) {
    emitGroup(text, group, structure)
  }
  const flexible = compactness(structure.versions, structure.flexibleFrom)
  if (flexible === 'always') emitTags(text, structure, tagged)
  else if (flexible === 'flexible' && tagged.length === 0) text.line('if (flexible) writer.tagCount(0)')
  else if (flexible === 'flexible') text.block('if (flexible) {', () => emitTags(text, structure, tagged))
}

function emitDraft(text: CodeText, structure: Structure): void {
  text.list(
    'const {',
    structure.fields.map((field) => `${field.property} = ${draftDefault(field)}`),
    '} = message',
  )
}

/** The function that says whether a draft of the structure is what it would be without being given. */
export function emitIsDefault(text: CodeText, structure: Structure): void {
  text.block(`function ${isDefaultName(structure)}(message: Draft<${structure.name}>): boolean {`, () => {
    emitDraft(text, structure)
    text.line(`return ${structure.fields.map((field) => isDefault(field)).join(' && ')}`)
  })
}
