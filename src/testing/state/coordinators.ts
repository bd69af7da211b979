import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerContext } from '../server/handler.ts'

/** What is looked after by one broker at a time. */
export type CoordinatorKind = 'group' | 'transaction' | 'share'

/** `NONE` when this broker looks after the group, the transactional id or the share partition; else what to answer. */
export function coordinatorError(
  { cluster, node }: BrokerContext,
  kind: CoordinatorKind,
  key: string,
): number {
  const coordinator = cluster.coordinatorOf(kind, key)
  if (coordinator === undefined) return ErrorCodes.COORDINATOR_NOT_AVAILABLE
  return coordinator.id === node.id ? ErrorCodes.NONE : ErrorCodes.NOT_COORDINATOR
}
