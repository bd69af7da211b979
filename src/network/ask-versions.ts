import { BrokerError } from '../errors.ts'
import { ErrorCodes, errorByCode } from '../protocol/error-codes.ts'
import { decodeResponse } from '../protocol/frame.ts'
import type { Draft } from '../protocol/message.ts'
import {
  ApiVersions,
  type ApiVersionsRequest,
  type ApiVersionsResponse,
} from '../protocol/messages/api-versions.ts'
import { BrokerVersions } from './broker-versions.ts'

/** Sends one ApiVersions request and gives the frame of its response. */
export type SendApiVersions = (message: Draft<ApiVersionsRequest>, version: number) => Promise<Buffer>

/**
 * Asks a broker what it offers, and tells it which software asks (KIP-511). The first try is our latest version.
 * A broker that does not know it answers UNSUPPORTED_VERSION in the format of version 0, from Kafka 2.4 on with
 * the versions of ApiVersions that it knows, and is asked again in the best of these, or else in version 0.
 */
export async function askVersions(
  send: SendApiVersions,
  software: { name: string; version: string },
  brokerLabel: string,
): Promise<BrokerVersions> {
  const message = { clientSoftwareName: software.name, clientSoftwareVersion: software.version }
  let version = ApiVersions.latestStableVersion
  for (;;) {
    const response = decode(await send(message, version), version)
    if (response.errorCode === ErrorCodes.NONE) return new BrokerVersions(response)
    if (response.errorCode !== ErrorCodes.UNSUPPORTED_VERSION || version === 0)
      throw refused(response, brokerLabel)
    const offered = response.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)
    version = Math.min(offered?.maxVersion ?? 0, version - 1)
  }
}

function decode(frame: Buffer, version: number): ApiVersionsResponse {
  // The error code comes right behind the correlation id, in every version.
  const unknownVersion = frame.length >= 6 && frame.readInt16BE(4) === ErrorCodes.UNSUPPORTED_VERSION
  return decodeResponse(ApiVersions, unknownVersion ? 0 : version, frame)
}

function refused({ errorCode }: ApiVersionsResponse, brokerLabel: string): BrokerError {
  const { name, message, retriable } = errorByCode(errorCode)
  return new BrokerError(name, errorCode, `broker ${brokerLabel} refused to tell its versions: ${message}`, {
    retriable,
    context: { broker: brokerLabel, api: ApiVersions.name },
  })
}
