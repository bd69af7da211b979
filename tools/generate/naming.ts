import { nestedNames } from './layout.ts'
import type { Schema } from './schema.ts'

/** `AddPartitionsToTxn` -> `add-partitions-to-txn`. */
export function kebab(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()
}

/** `FetchRequest` -> `Fetch`. */
export function apiName(schema: Schema): string {
  return schema.name.replace(/(Request|Response)$/, '')
}

/** Names that a generated file uses for something else. */
const taken = ['Api', 'Array', 'Buffer', 'Draft', 'Message', 'Reader', 'Writer', 'Number', 'Record']

/**
 * What the nested structures of one of the messages of a file are called: as in the schema, with the message's
 * name before it where two structures of the file, or something else in it, would have the same name.
 */
export function nestedNaming(schema: Schema, inFile: readonly Schema[]): (name: string) => string {
  const used = new Set(taken)
  for (const other of inFile) {
    used.add(other.name)
    used.add(apiName(other))
    if (other !== schema) for (const name of nestedNames(other)) used.add(name)
  }
  return (name) => (used.has(name) ? schema.name + name : name)
}
