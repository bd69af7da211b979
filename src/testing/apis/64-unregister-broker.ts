import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  UnregisterBroker,
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
} from '../../protocol/messages/unregister-broker.ts'
import type { Handler } from '../server/handler.ts'

/**
 * Forgets a broker that is gone for good. The brokers here come back as they were, so none of them is forgotten;
 * Kafka takes one that runs out of the cluster, and leaves its partitions without it.
 */
export const unregisterBroker: Handler<UnregisterBrokerRequest, UnregisterBrokerResponse> = {
  api: UnregisterBroker,
  versions: [0, 0],

  handle({ brokerId }, { broker }) {
    if (broker.cluster.node(brokerId) === undefined) {
      const errorMessage = `there is no broker ${brokerId}`
      return { errorCode: ErrorCodes.BROKER_ID_NOT_REGISTERED, errorMessage }
    }
    const errorMessage = `broker ${brokerId} is part of this cluster for as long as it runs`
    return { errorCode: ErrorCodes.INVALID_REQUEST, errorMessage }
  },
}
