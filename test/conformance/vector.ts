import type { Message } from '../../src/protocol/message.ts'
import * as protocol from '../../src/protocol/messages/index.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { type ExactJson, parseExactJson, wholeDigits } from './exact-json.ts'
import { draftFromJson, findDifference } from './kafka-json.ts'
import { hasRecords, shapes } from './shapes.ts'

/** A message as Kafka's own codec wrote it, and as Kafka's JSON converter shows it. */
export interface Vector {
  message: string
  apiKey: number
  version: number
  hex: string
  json: ExactJson
}

/** Every generated message, by its schema's name. */
export const generatedMessages: ReadonlyMap<string, Message<unknown>> = new Map(
  (Object.values(protocol) as object[])
    .filter((value): value is Message<unknown> => 'encode' in value)
    .map((message) => [message.name, message]),
)

/** Reads a line such as `{"message":"FetchResponse","apiKey":1,"version":17,"hex":"...","json":{...}}`. */
export function parseVector(line: string): Vector {
  const { message, apiKey, version, hex, json } = parseExactJson(line) as Record<string, ExactJson>
  if (
    typeof message !== 'string' ||
    typeof hex !== 'string' ||
    !/^([0-9a-f]{2})*$/i.test(hex) ||
    json === undefined
  ) {
    throw new Error(`not a vector: ${line.slice(0, 120)}`)
  }
  const numbers = { apiKey: Number(wholeDigits(apiKey!)), version: Number(wholeDigits(version!)) }
  return { message, ...numbers, hex: hex.toLowerCase(), json }
}

/** What is wrong with how our codec reads and writes the vector of a generated message; null when nothing is. */
export function verifyVector(vector: Vector): string | null {
  const message = generatedMessages.get(vector.message)
  const shape = shapes.get(vector.message)
  if (message === undefined || shape === undefined) throw new Error(`${vector.message} is not generated`)
  if (message.apiKey !== vector.apiKey)
    return `the API key is ${message.apiKey} and should be ${vector.apiKey}`

  const reader = new Reader(Buffer.from(vector.hex, 'hex'))
  const decoded = message.decode(reader, vector.version)
  if (reader.remaining() > 0) return `${reader.remaining()} bytes were left after decoding`
  const difference = findDifference(shape, decoded, vector.json)
  if (difference !== null) return difference

  if (encodeHex(message, decoded, vector.version) !== vector.hex) return 'encode(decode(hex)) is not hex'
  if (hasRecords(shape)) return null
  const draft = draftFromJson(shape, vector.json)
  return encodeHex(message, draft, vector.version) === vector.hex ? null : 'encode(fromJson(json)) is not hex'
}

function encodeHex(message: Message<unknown>, value: unknown, version: number): string {
  const writer = new Writer()
  message.encode(writer, value, version)
  return writer.finishContiguous().toString('hex')
}
