import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  PushTelemetry,
  type PushTelemetryRequest,
  type PushTelemetryResponse,
} from '../../protocol/messages/push-telemetry.ts'
import { ZERO_UUID } from '../../protocol/reader.ts'
import type { Handler } from '../server/handler.ts'
import { clientFacts } from './71-get-telemetry-subscriptions.ts'

/** Ids that stand for something else and are given to no client. */
const reservedIds = [ZERO_UUID, 'AAAAAAAAAAAAAAAAAAAAAQ']

/** Takes metrics from a client (KIP-714). */
export const pushTelemetry: Handler<PushTelemetryRequest, PushTelemetryResponse> = {
  api: PushTelemetry,
  versions: [0, 0],

  async handle({ clientInstanceId, terminating, ...push }, context) {
    if (reservedIds.includes(clientInstanceId)) return { errorCode: ErrorCodes.INVALID_REQUEST }
    const { cluster, node } = context.broker
    const facts = clientFacts(clientInstanceId, context)
    const errorCode = await cluster.telemetry.push(facts, node.id, { ...push, isTerminating: terminating })
    return { errorCode }
  },
}
