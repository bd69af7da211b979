/**
 * The door `odradek/protocol`: Kafka's messages as they are, for tools that read or write frames themselves and for
 * requests that no client of odradek makes. The structures inside of a message are found through it
 * (`FetchResponse['responses'][number]`).
 */
export type { ErrorCode } from './error-codes.ts'
export { ErrorCodes, errorByCode, errorCodes } from './error-codes.ts'
export {
  correlationIdOf,
  decodeRequestHeader,
  decodeResponse,
  encodeRequestFrame,
  encodeResponseFrame,
  type ReceivedHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from './frame.ts'
export type { Api, BytesInput, Draft, Message } from './message.ts'
export { type ApiFacts, apiFacts } from './messages/api-facts.ts'
export * from './messages/index.ts'
export { Reader, ZERO_UUID } from './reader.ts'
export { Writer } from './writer.ts'
