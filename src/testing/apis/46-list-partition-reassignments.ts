import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  ListPartitionReassignments,
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
} from '../../protocol/messages/list-partition-reassignments.ts'
import type { Handler } from '../server/handler.ts'
import type { Partition } from '../state/partition.ts'

/** Tells the partitions that are on their way to other brokers (KIP-455). */
export const listPartitionReassignments: Handler<
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse
> = {
  api: ListPartitionReassignments,
  versions: [0, 0],

  handle({ topics: wanted }, { broker }) {
    const { topics } = broker.cluster.controller
    const asked =
      wanted === null
        ? [...topics].map(({ name, partitions }) => ({ name, partitions }))
        : wanted.map(({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.flatMap((index) => topics.byName(name)?.partitions[index] ?? []),
          }))
    const moving = asked.map(({ name, partitions }) => ({
      name,
      partitions: partitions.filter(isMoving).map(({ index, registration }) => ({
        partitionIndex: index,
        replicas: registration.replicas,
        addingReplicas: registration.adding,
        removingReplicas: registration.removing,
      })),
    }))
    return {
      errorCode: ErrorCodes.NONE,
      errorMessage: null,
      topics: moving.filter(({ partitions }) => partitions.length > 0),
    }
  },
}

export function isMoving({ registration: { adding, removing } }: Partition): boolean {
  return adding.length > 0 || removing.length > 0
}
