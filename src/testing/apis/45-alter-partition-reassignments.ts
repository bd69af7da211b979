import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  AlterPartitionReassignments,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  type ReassignablePartition,
} from '../../protocol/messages/alter-partition-reassignments.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { problem } from '../state/create-topic.ts'
import type { Partition } from '../state/partition.ts'
import { isMoving } from './46-list-partition-reassignments.ts'

interface Outcome {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const done: Outcome = { errorCode: ErrorCodes.NONE, errorMessage: null }

/** Moves partitions to other brokers, or ends moves that are under way (KIP-455). */
export const alterPartitionReassignments: Handler<
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse
> = {
  api: AlterPartitionReassignments,
  versions: [0, 1],

  handle({ topics, allowReplicationFactorChange }, { broker, version }) {
    const responses = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((wanted) => {
        const outcome = reassign(broker, name, wanted, allowReplicationFactorChange)
        return { partitionIndex: wanted.partitionIndex, ...outcome }
      }),
    }))
    return {
      errorCode: ErrorCodes.NONE,
      // Kafka does not get as far as setting it when nothing is asked for.
      errorMessage: topics.length === 0 ? '' : null,
      ...(version >= 1 && { allowReplicationFactorChange }),
      responses,
    }
  },
}

function reassign(
  { cluster }: BrokerContext,
  name: string,
  { partitionIndex, replicas }: ReassignablePartition,
  mayChangeCount: boolean,
): Outcome {
  const { controller } = cluster
  const topic = controller.topics.byName(name)
  const partition = topic?.partitions[partitionIndex]
  if (topic === undefined || partition === undefined) {
    const what = `there is no partition ${partitionIndex} of "${name}"`
    return problem(ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, what)
  }
  if (replicas === null) {
    if (!isMoving(partition)) {
      return { errorCode: ErrorCodes.NO_REASSIGNMENT_IN_PROGRESS, errorMessage: null }
    }
    controller.cancelReassignment(topic, partitionIndex)
    return done
  }
  const what = targetProblem(cluster, replicas)
  if (what !== undefined)
    return problem(ErrorCodes.INVALID_REPLICA_ASSIGNMENT, `${name}-${partitionIndex} ${what}`)
  if (!mayChangeCount && replicas.length !== countOf(partition)) {
    const counts = `${name}-${partitionIndex} has ${countOf(partition)} replicas and would have ${replicas.length}`
    return problem(ErrorCodes.INVALID_REPLICATION_FACTOR, counts)
  }
  controller.reassign(topic, partitionIndex, replicas)
  return done
}

function targetProblem(cluster: BrokerContext['cluster'], replicas: readonly number[]): string | undefined {
  if (replicas.length === 0) return 'cannot be without a replica'
  if (new Set(replicas).size !== replicas.length) return 'cannot have two replicas on one broker'
  const unknown = replicas.find((id) => cluster.node(id) === undefined)
  return unknown === undefined ? undefined : `cannot be on broker ${unknown}, which there is not`
}

/** Those that a move brings do not count yet. */
function countOf({ registration }: Partition): number {
  return registration.replicas.length - registration.adding.length
}
