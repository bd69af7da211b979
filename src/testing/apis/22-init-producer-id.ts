import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  InitProducerId,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
} from '../../protocol/messages/init-producer-id.ts'
import type { Handler } from '../server/handler.ts'

/** For idempotent producers: each gets a new id, whatever it had before. There are no transactions yet. */
export const initProducerId: Handler<InitProducerIdRequest, InitProducerIdResponse> = {
  api: InitProducerId,
  versions: [0, 5],

  handle({ transactionalId, producerId, producerEpoch }, { broker }) {
    const failed = (errorCode: number) => ({ errorCode, producerId: -1n, producerEpoch: -1 })
    if ((producerId === -1n) !== (producerEpoch === -1)) return failed(ErrorCodes.INVALID_REQUEST)
    if (transactionalId === '') return failed(ErrorCodes.INVALID_REQUEST)
    // Not retriable, so that a transactional producer fails at once and does not wait for something that never comes.
    if (transactionalId !== null) return failed(ErrorCodes.UNSUPPORTED_VERSION)
    return { producerId: broker.cluster.nextProducerId(), producerEpoch: 0 }
  },
}
