import { emitApiFile, emitDataFile } from '../../../tools/generate/emit-file.ts'
import { parseSchema, type Schema } from '../../../tools/generate/schema.ts'

interface FieldText {
  name: string
  type: string
  versions?: string
  fields?: FieldText[]
  [key: string]: unknown
}

export interface SchemaText {
  validVersions?: string
  flexibleVersions?: string
  fields?: FieldText[]
  [key: string]: unknown
}

function withVersions(fields: FieldText[]): unknown[] {
  return fields.map((field) => {
    const inner = field.fields === undefined ? {} : { fields: withVersions(field.fields) }
    return { versions: '0+', ...field, ...inner }
  })
}

/** A schema with what the test leaves out filled in. */
export function schema({ fields = [], ...rest }: SchemaText): Schema {
  const json = { type: 'data', name: 'Sample', validVersions: '0-9', flexibleVersions: 'none', ...rest }
  return parseSchema(JSON.stringify({ ...json, fields: withVersions(fields) }))
}

/** The code that is generated for a message. */
export function generated(text: SchemaText): string {
  return emitDataFile(schema(text)).text
}

/** The code that is generated for a request and its response. */
export function generatedApi(request: SchemaText, response: SchemaText): string {
  return emitApiFile(
    schema({ type: 'request', name: 'SampleRequest', apiKey: 7, listeners: ['broker'], ...request }),
    schema({ type: 'response', name: 'SampleResponse', apiKey: 7, ...response }),
  ).text
}
