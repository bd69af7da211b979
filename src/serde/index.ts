export { bytes, string } from './built-in.ts'
export type { Serde, Serializer } from './serde.ts'
