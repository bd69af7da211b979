import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  GetTelemetrySubscriptions,
  type GetTelemetrySubscriptionsRequest,
  type GetTelemetrySubscriptionsResponse,
} from '../../protocol/messages/get-telemetry-subscriptions.ts'
import { ZERO_UUID } from '../../protocol/reader.ts'
import type { Handler, RequestContext } from '../server/handler.ts'
import type { ClientFacts } from '../telemetry/subscription.ts'
import { telemetryMaxBytes } from '../telemetry/telemetry.ts'

/** What is best comes first: zstd, lz4, gzip, snappy. */
const acceptedCompressionTypes = [4, 3, 1, 2]

/** Tells a client which metrics are wanted of it, and how often (KIP-714). */
export const getTelemetrySubscriptions: Handler<
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse
> = {
  api: GetTelemetrySubscriptions,
  versions: [0, 0],

  handle(request, context) {
    const { cluster, runtime } = context.broker
    const isNew = request.clientInstanceId === ZERO_UUID
    const clientInstanceId = isNew ? cluster.telemetry.newInstanceId() : request.clientInstanceId
    const client = cluster.telemetry.client(clientFacts(clientInstanceId, context))
    const errorCode = client.ask(runtime.clock.monotonicMs())
    if (errorCode !== ErrorCodes.NONE) return { errorCode }
    return {
      errorCode,
      clientInstanceId,
      subscriptionId: client.subscriptionId,
      acceptedCompressionTypes,
      pushIntervalMs: client.wanted.intervalMs,
      telemetryMaxBytes,
      deltaTemporality: true,
      requestedMetrics: client.wanted.metrics,
    }
  },
}

export function clientFacts(
  clientInstanceId: string,
  { clientId, clientHost, clientPort, software }: RequestContext,
): ClientFacts {
  return {
    client_instance_id: clientInstanceId,
    client_id: clientId ?? '',
    client_software_name: software.name,
    client_software_version: software.version,
    client_source_address: clientHost.slice(1),
    client_source_port: String(clientPort),
  }
}
