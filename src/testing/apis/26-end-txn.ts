import { ErrorCodes } from '../../protocol/error-codes.ts'
import { EndTxn, type EndTxnRequest, type EndTxnResponse } from '../../protocol/messages/end-txn.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { fencedAs } from './fenced-as.ts'

const firstVersionWithFenced = 2
/** From here on the next transaction has an epoch of its own (KIP-890), and the answer names it. */
const firstVersionWithEpoch = 5

export const endTxn: Handler<EndTxnRequest, EndTxnResponse> = {
  api: EndTxn,
  versions: [0, 5],

  handle(request, { broker, version }) {
    const misdirected = coordinatorError(broker, 'transaction', request.transactionalId)
    if (misdirected !== ErrorCodes.NONE) return { errorCode: misdirected }
    const isVersion2 = version >= firstVersionWithEpoch
    const { coordinator } = broker.cluster.transactions
    const { errorCode, producerId, producerEpoch } = coordinator.end(request, request.committed, isVersion2)
    return {
      errorCode: fencedAs(errorCode, version >= firstVersionWithFenced),
      ...(isVersion2 && { producerId, producerEpoch }),
    }
  },
}
