import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/**
 * A message of Kafka's protocol: how it is written and read in each of its versions. The generated files
 * under `messages/` hold one for each request, response, header and embedded structure.
 */
export interface Message<T> {
  /** The schema's name, as `FetchResponse`. */
  readonly name: string
  /** The API's key; -1 for headers and embedded structures. */
  readonly apiKey: number
  /** The lowest and the highest version of the schema. */
  readonly versions: readonly [lowest: number, highest: number]
  /** The first flexible version (KIP-482: compact lengths, tagged fields); Infinity when there is none. */
  readonly flexibleFrom: number
  /** Writes the message; missing fields take the schema's defaults. Throws `ProtocolError`. */
  encode(writer: Writer, message: Draft<T>, version: number): void
  /** Reads the message; bytes and records are views over the reader's buffer. Throws `ProtocolError`. */
  decode(reader: Reader, version: number): T
}

/** A request and its response. */
export interface Api<Request, Response> {
  /** The API's name, as `Fetch`. */
  readonly name: string
  readonly key: number
  readonly request: Message<Request>
  readonly response: Message<Response>
  /** The highest version that may be negotiated: one below an unstable latest version. */
  readonly latestStableVersion: number
}

/** Bytes to be written: one piece, or several that are sent in a row by reference, without a copy. */
export type BytesInput = Uint8Array | readonly Uint8Array[]

/**
 * A message as it may be given to `encode`: fields left out take the schema's default, and bytes may be a list
 * of pieces.
 */
export type Draft<T> = T extends Uint8Array
  ? BytesInput
  : T extends readonly (infer Item)[]
    ? readonly Draft<Item>[]
    : T extends object
      ? { [Key in keyof T]?: Draft<T[Key]> }
      : T
