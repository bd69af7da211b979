import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  AddOffsetsToTxn,
  type AddOffsetsToTxnRequest,
  type AddOffsetsToTxnResponse,
} from '../../protocol/messages/add-offsets-to-txn.ts'
import type { Handler } from '../server/handler.ts'
import { coordinatorError } from '../state/coordinators.ts'
import { fencedAs } from './fenced-as.ts'

const firstVersionWithFenced = 2

export const addOffsetsToTxn: Handler<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse> = {
  api: AddOffsetsToTxn,
  versions: [0, 4],

  handle(request, { broker, version }) {
    const misdirected = coordinatorError(broker, 'transaction', request.transactionalId)
    if (misdirected !== ErrorCodes.NONE) return { errorCode: misdirected }
    const errorCode = broker.cluster.transactions.coordinator.addGroup(request, request.groupId)
    return { errorCode: fencedAs(errorCode, version >= firstVersionWithFenced) }
  },
}
