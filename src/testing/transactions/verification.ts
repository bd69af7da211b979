import { ErrorCodes } from '../../protocol/error-codes.ts'
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import type { BrokerContext } from '../server/handler.ts'
import type { ProducerClaim } from './transaction-coordinator.ts'

const firstVersionThatVerifies = 4

/** How old the client's requests are decides what a broker does for it and what it is told (KIP-890). */
export type ClientGeneration =
  /** Partitions and groups have been added before, and errors are of the first kind. */
  | 'old'
  /** The same, and it knows that a transaction may have to be aborted. */
  | 'aborting'
  /** Its transactions are of version 2: partitions and groups are added when they are first used. */
  | 'adding'

/** Kafka verifies since 3.6, when brokers got a version of AddPartitionsToTxn for it. */
export function isVerifying({ settings, cluster }: BrokerContext): boolean {
  const [, highest] = cluster.offer.handlers.get(AddPartitionsToTxn.key)?.versions ?? [0, 0]
  return settings.transactionPartitionVerificationEnable && highest >= firstVersionThatVerifies
}

/** Finds out, or sees to it, that `claim` has the partitions in its transaction; an error for each of them. */
export function verifyPartitions(
  broker: BrokerContext,
  claim: ProducerClaim,
  partitions: readonly { topic: string; partition: number }[],
  generation: ClientGeneration,
): number[] {
  const { coordinator } = broker.cluster.transactions
  const unavailable = unavailability(broker, claim.transactionalId)
  if (unavailable !== ErrorCodes.NONE) return partitions.map(() => unavailable)
  if (generation === 'adding') {
    const error = toLeader(coordinator.addPartitions(claim, partitions), generation)
    return partitions.map(() => error)
  }
  return partitions.map((partition) => toLeader(coordinator.verifyPartition(claim, partition), generation))
}

/** As `verifyPartitions`, for the offsets of a group. */
export function verifyGroup(
  broker: BrokerContext,
  claim: ProducerClaim,
  groupId: string,
  generation: ClientGeneration,
): number {
  if (generation !== 'adding' && !isVerifying(broker)) return ErrorCodes.NONE
  const { coordinator } = broker.cluster.transactions
  const unavailable = unavailability(broker, claim.transactionalId)
  if (unavailable !== ErrorCodes.NONE) return unavailable
  return toLeader(
    generation === 'adding' ? coordinator.addGroup(claim, groupId) : coordinator.verifyGroup(claim, groupId),
    generation,
  )
}

/** The coordinator may be another broker, which this one has to reach. */
function unavailability({ cluster, node }: BrokerContext, transactionalId: string): number {
  const coordinator = cluster.transactions.senderOf(transactionalId)
  if (coordinator === undefined) return ErrorCodes.COORDINATOR_NOT_AVAILABLE
  return coordinator.nodeId === node.id || cluster.reach(node.id, coordinator.nodeId) !== undefined
    ? ErrorCodes.NONE
    : ErrorCodes.NETWORK_EXCEPTION
}

/** What the leader of a partition makes of the coordinator's answer. */
function toLeader(errorCode: number, generation: ClientGeneration): number {
  if (errorCode === ErrorCodes.PRODUCER_FENCED) return ErrorCodes.INVALID_PRODUCER_EPOCH
  return errorCode === ErrorCodes.TRANSACTION_ABORTABLE && generation === 'old'
    ? ErrorCodes.INVALID_TXN_STATE
    : errorCode
}
