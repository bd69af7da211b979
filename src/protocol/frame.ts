import { ProtocolError } from '../errors.ts'
import type { Api, Draft, Message } from './message.ts'
import { apiFacts } from './messages/api-facts.ts'
import { RequestHeader } from './messages/request-header.ts'
import { ResponseHeader } from './messages/response-header.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** The key of ApiVersions, whose response always has the oldest header: it is read before versions are known. */
const apiVersionsKey = 18

/** A frame's first bytes: how many follow. */
const sizeBytes = 4

/** Header 2 goes with flexible versions of a request, header 1 with the others. */
export function requestHeaderVersion(request: { flexibleFrom: number }, version: number): number {
  return version >= request.flexibleFrom ? 2 : 1
}

/** Header 1 goes with flexible versions of a response, header 0 with the others and with all of ApiVersions. */
export function responseHeaderVersion(
  response: Pick<Message<unknown>, 'apiKey' | 'flexibleFrom'>,
  version: number,
): number {
  return version >= response.flexibleFrom && response.apiKey !== apiVersionsKey ? 1 : 0
}

/** A request with its length and header in front, as pieces to be sent in a row; large bytes go by reference. */
export function encodeRequestFrame<Req>(
  api: Pick<Api<Req, unknown>, 'key' | 'request'>,
  version: number,
  correlationId: number,
  clientId: string | null,
  message: Draft<Req>,
): Buffer[] {
  const writer = new Writer()
  writer.int32(0, 'size')
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId }
  RequestHeader.encode(writer, header, requestHeaderVersion(api.request, version))
  api.request.encode(writer, message, version)
  return sized(writer)
}

/** A response with its length and header in front, as pieces to be sent in a row; large bytes go by reference. */
export function encodeResponseFrame<Res>(
  api: Pick<Api<unknown, Res>, 'response'>,
  version: number,
  correlationId: number,
  message: Draft<Res>,
): Buffer[] {
  const writer = new Writer()
  writer.int32(0, 'size')
  ResponseHeader.encode(writer, { correlationId }, responseHeaderVersion(api.response, version))
  api.response.encode(writer, message, version)
  return sized(writer)
}

function sized(writer: Writer): Buffer[] {
  writer.int32At(0, writer.size - sizeBytes)
  return writer.finish()
}

/** What stands in front of a request, and the version of its header. */
export interface ReceivedHeader {
  apiKey: number
  version: number
  correlationId: number
  clientId: string | null
}

const flexibleFromByKey = new Map(apiFacts.map(({ key, flexibleFrom }) => [key, flexibleFrom]))

/** Reads the header of a request to a broker, tags included, and leaves the reader where the message begins. */
export function decodeRequestHeader(reader: Reader): ReceivedHeader {
  const start = reader.position
  const header = RequestHeader.decode(reader, 1)
  const { requestApiKey: apiKey, requestApiVersion: version, correlationId, clientId } = header
  if (version >= (flexibleFromByKey.get(apiKey) ?? Number.POSITIVE_INFINITY)) {
    reader.position = start
    RequestHeader.decode(reader, 2)
  }
  return { apiKey, version, correlationId, clientId }
}

/** The correlation id of a response frame, with which it begins. */
export function correlationIdOf(frame: Buffer): number {
  return new Reader(frame).int32('correlationId')
}

/** Reads a response frame, of which the length was taken off. Bytes that are left over are an error. */
export function decodeResponse<Res>(
  api: Pick<Api<unknown, Res>, 'response'>,
  version: number,
  frame: Buffer,
): Res {
  const reader = new Reader(frame)
  ResponseHeader.decode(reader, responseHeaderVersion(api.response, version))
  const response = api.response.decode(reader, version)
  if (reader.remaining() === 0) return response
  throw new ProtocolError(`${api.response.name} v${version}: ${reader.remaining()} bytes are left over`, {
    context: { message: api.response.name, version, position: reader.position },
  })
}
