import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  ListPartitionReassignments,
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
} from '../../protocol/messages/list-partition-reassignments.ts'
import type { Handler } from '../server/handler.ts'

/** Partitions stay where they are. Kafka's own tools ask before they describe a topic. */
export const listPartitionReassignments: Handler<
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse
> = {
  api: ListPartitionReassignments,
  versions: [0, 0],

  handle() {
    return { errorCode: ErrorCodes.NONE, errorMessage: null, topics: [] }
  },
}
