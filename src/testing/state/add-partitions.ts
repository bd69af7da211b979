import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { ClusterState } from './cluster-state.ts'
import { assignmentProblem, type Problem, partitionsProblem, problem, spread } from './create-topic.ts'
import type { Topic } from './topic.ts'

/**
 * The brokers of the partitions that a topic gets when it is to have `count` in all, or why it cannot.
 *
 * @param wanted the brokers of each new partition; null: whoever is alive
 */
export function planPartitions(
  cluster: ClusterState,
  topic: Topic,
  count: number,
  wanted: readonly { readonly brokerIds: readonly number[] }[] | null,
): (readonly number[])[] | Problem {
  const first = topic.partitions.length
  const added = count - first
  if (added <= 0) {
    const what = `"${topic.name}" has ${first} partitions; ${count} are not more`
    return problem(ErrorCodes.INVALID_PARTITIONS, what)
  }
  const tooMany = partitionsProblem(cluster, added)
  if (tooMany !== undefined) return tooMany
  const replicas = topic.partitions[0].replicas.length
  if (wanted === null) return placed(cluster, first, added, replicas)
  if (wanted.length !== added) {
    const what = `${wanted.length} assignments for ${added} new partitions`
    return problem(ErrorCodes.INVALID_REPLICA_ASSIGNMENT, what)
  }
  for (const [index, { brokerIds }] of wanted.entries()) {
    const what = assignmentProblem(cluster, first + index, brokerIds, replicas)
    if (what !== undefined) return problem(ErrorCodes.INVALID_REPLICA_ASSIGNMENT, what)
  }
  return wanted.map(({ brokerIds }) => brokerIds)
}

function placed(cluster: ClusterState, first: number, added: number, replicas: number): number[][] | Problem {
  const living = cluster.livingNodes().map(({ id }) => id)
  if (replicas <= living.length) return spread(living, first, added, replicas)
  const what = `${replicas} replicas need as many brokers; ${living.length} are alive`
  return problem(ErrorCodes.INVALID_REPLICATION_FACTOR, what)
}
