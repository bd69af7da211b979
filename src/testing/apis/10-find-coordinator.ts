import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  FindCoordinator,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
} from '../../protocol/messages/find-coordinator.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { type CoordinatorKind, coordinatorOf } from '../state/coordinators.ts'

/** By the types that keys have. */
const kinds: readonly (CoordinatorKind | undefined)[] = ['group', 'transaction', 'share']
/** `GROUP:TOPIC-ID:PARTITION`. */
const sharePartitionPattern = /^.+:[\w-]{22}:\d+$/
const firstVersionOfManyKeys = 4

export const findCoordinator: Handler<FindCoordinatorRequest, FindCoordinatorResponse> = {
  api: FindCoordinator,
  versions: [0, 6],

  handle(request, { broker, version }) {
    if (version < firstVersionOfManyKeys) {
      const { key: _, ...found } = find(broker, request.keyType, request.key)
      // The older versions spell out that there is no error.
      return found.errorCode === ErrorCodes.NONE ? { ...found, errorMessage: 'NONE' } : found
    }
    return { coordinators: request.coordinatorKeys.map((key) => find(broker, request.keyType, key)) }
  },
}

function find(broker: BrokerContext, keyType: number, key: string) {
  const kind = kinds[keyType]
  if (kind === undefined) {
    return nobody(key, ErrorCodes.INVALID_REQUEST, `there are no coordinators of type ${keyType} here`)
  }
  if (kind === 'share' && !sharePartitionPattern.test(key)) return nobody(key, ErrorCodes.INVALID_REQUEST, '')
  const node = coordinatorOf(broker, kind, key)
  if (node === undefined) return nobody(key, ErrorCodes.COORDINATOR_NOT_AVAILABLE, null)
  const { id: nodeId, host, port } = node
  return { key, errorCode: ErrorCodes.NONE, errorMessage: '', nodeId, host, port }
}

function nobody(key: string, errorCode: number, errorMessage: string | null) {
  return { key, errorCode, errorMessage, nodeId: -1, host: '', port: -1 }
}
