import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  InitProducerId,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
} from '../../protocol/messages/init-producer-id.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { fencedAs } from './fenced-as.ts'

const firstVersionWithFenced = 4

/** A producer without a transactional id gets a new id each time, whatever it had before. */
export const initProducerId: Handler<InitProducerIdRequest, InitProducerIdResponse> = {
  api: InitProducerId,
  versions: [0, 5],

  handle({ transactionalId, transactionTimeoutMs, producerId, producerEpoch }, { broker, version }) {
    const failed = (errorCode: number) => ({ errorCode, producerId: -1n, producerEpoch: -1 })
    if ((producerId === -1n) !== (producerEpoch === -1)) return failed(ErrorCodes.INVALID_REQUEST)
    if (transactionalId === null) return { producerId: broker.cluster.nextProducerId(), producerEpoch: 0 }
    const misdirected = coordinatorError(broker, 'transaction', transactionalId)
    if (misdirected !== ErrorCodes.NONE) return failed(misdirected)
    const answer = broker.cluster.transactions.coordinator.init({
      transactionalId,
      transactionTimeoutMs,
      producerId,
      producerEpoch,
    })
    return { ...answer, errorCode: fencedAs(answer.errorCode, version >= firstVersionWithFenced) }
  },
}
