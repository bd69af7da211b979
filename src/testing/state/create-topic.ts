import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { TopicPlan } from '../control/controller.ts'
import type { ClusterState } from './cluster-state.ts'
import { valueProblem } from './config-definition.ts'
import type { Topic } from './topic.ts'
import { topicConfigDefinition } from './topic-configs.ts'
import { topicNameProblem } from './topic-name.ts'

/** A topic as somebody wants it. */
export interface TopicWish {
  readonly name: string
  /** Left out or -1: `num.partitions`. */
  readonly partitions?: number
  /** Left out or -1: `default.replication.factor`. */
  readonly replicationFactor?: number
  /** The brokers of each partition, in the place of the two above. */
  readonly assignments?: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  /** A null value: the default. */
  readonly configs?: readonly { readonly name: string; readonly value: string | null }[]
}

/** Why there is no such topic. */
export interface Problem {
  readonly errorCode: number
  readonly errorMessage: string
}

/** The most partitions that all topics together may have; each takes memory, about 1 KiB when it is empty. */
const maxPartitions = 100_000

/** Creates the topic, or says why not. */
export function createTopic(cluster: ClusterState, wish: TopicWish): Topic | Problem {
  const plan = planTopic(cluster, wish)
  return 'errorCode' in plan ? plan : cluster.controller.createTopic(plan)
}

/** Checks a wish and fills in what it leaves open. */
export function planTopic(cluster: ClusterState, wish: TopicWish): TopicPlan | Problem {
  const { name } = wish
  const nameProblem = topicNameProblem(name)
  if (nameProblem !== undefined) return problem(ErrorCodes.INVALID_TOPIC_EXCEPTION, nameProblem)
  if (cluster.topics.byName(name) !== undefined) {
    return problem(ErrorCodes.TOPIC_ALREADY_EXISTS, `there is a topic "${name}" already`)
  }
  const rival = cluster.topics.collidingWith(name)
  if (rival !== undefined) {
    const what = `"${name}" differs from the topic "${rival.name}" in "." and "_" alone`
    return problem(ErrorCodes.INVALID_TOPIC_EXCEPTION, what)
  }
  const assignments =
    (wish.assignments ?? []).length > 0 ? checkAssignments(cluster, wish) : assign(cluster, wish)
  if ('errorCode' in assignments) return assignments
  const configs = checkConfigs(wish.configs ?? [])
  return 'errorCode' in configs ? configs : { name, assignments, configs }
}

function assign(
  cluster: ClusterState,
  { name, partitions = -1, replicationFactor = -1 }: TopicWish,
): number[][] | Problem {
  const { numPartitions, defaultReplicationFactor } = cluster.configs.settings
  const replicas = replicationFactor === -1 ? defaultReplicationFactor : replicationFactor
  if (replicas < 1) return problem(ErrorCodes.INVALID_REPLICATION_FACTOR, `${replicas} replicas of "${name}"`)
  const count = partitions === -1 ? numPartitions : partitions
  if (count < 1) return problem(ErrorCodes.INVALID_PARTITIONS, `${count} partitions of "${name}"`)
  const tooMany = partitionsProblem(cluster, count)
  if (tooMany !== undefined) return tooMany
  const nodes = cluster.livingNodes().map(({ id }) => id)
  if (replicas > nodes.length) {
    const what = `${replicas} replicas of "${name}" need as many brokers; ${nodes.length} are alive`
    return problem(ErrorCodes.INVALID_REPLICATION_FACTOR, what)
  }
  // Where the last topic ended the next one begins, so that small topics are not all led by the first broker.
  return spread(nodes, cluster.topics.partitionCount, count, replicas)
}

/** So many partitions more are not too many, or why they are. */
export function partitionsProblem({ topics }: ClusterState, added: number): Problem | undefined {
  if (topics.partitionCount + added <= maxPartitions) return undefined
  const what = `${added} more partitions than the ${topics.partitionCount} that there are pass the limit of ${maxPartitions}`
  return problem(ErrorCodes.INVALID_PARTITIONS, what)
}

/** Leaders go round the brokers, and each partition's followers are the brokers after its leader. */
export function spread(nodes: readonly number[], first: number, count: number, replicas: number): number[][] {
  return Array.from({ length: count }, (_, index) =>
    Array.from({ length: replicas }, (_, replica) => nodes[(first + index + replica) % nodes.length]),
  )
}

function checkAssignments(cluster: ClusterState, wish: TopicWish): (readonly number[])[] | Problem {
  const { name, partitions = -1, replicationFactor = -1, assignments = [] } = wish
  if (partitions !== -1 || replicationFactor !== -1) {
    const what = `"${name}" has both assignments and a count of partitions or replicas; set the counts to -1`
    return problem(
      partitions === -1 ? ErrorCodes.INVALID_REPLICATION_FACTOR : ErrorCodes.INVALID_REQUEST,
      what,
    )
  }
  const byIndex = new Map(assignments.map(({ partitionIndex, brokerIds }) => [partitionIndex, brokerIds]))
  const replicas = assignments[0].brokerIds.length
  const checked: (readonly number[])[] = []
  for (let index = 0; index < assignments.length; index++) {
    const brokerIds = byIndex.get(index)
    const what = assignmentProblem(cluster, index, brokerIds, replicas)
    if (what !== undefined) return problem(ErrorCodes.INVALID_REPLICA_ASSIGNMENT, what)
    checked.push(brokerIds!)
  }
  return checked
}

/** What is wrong with the brokers of one partition, or undefined. */
export function assignmentProblem(
  cluster: ClusterState,
  index: number,
  brokerIds: readonly number[] | undefined,
  replicas: number,
): string | undefined {
  if (brokerIds === undefined) return `partition ${index} has no assignment`
  if (brokerIds.length === 0) return `partition ${index} is assigned to no broker`
  if (brokerIds.length !== replicas) return `partition ${index} has another number of replicas than the first`
  if (new Set(brokerIds).size !== brokerIds.length) return `partition ${index} names a broker twice`
  const unknown = brokerIds.find((id) => cluster.node(id) === undefined)
  return unknown === undefined
    ? undefined
    : `partition ${index} is assigned to broker ${unknown}, which there is not`
}

/** The configs that are set, or what is wrong with one of them. */
export function checkConfigs(
  configs: readonly { readonly name: string; readonly value: string | null }[],
): ReadonlyMap<string, string> | Problem {
  const checked = new Map<string, string>()
  for (const { name, value } of configs) {
    const definition = topicConfigDefinition(name)
    if (definition === undefined) return problem(ErrorCodes.INVALID_CONFIG, `topics have no config "${name}"`)
    if (value === null) return problem(ErrorCodes.INVALID_CONFIG, `the config ${name} has no value`)
    const what = valueProblem(definition, value)
    if (what !== undefined) {
      return problem(ErrorCodes.INVALID_CONFIG, `the config ${name} cannot be "${value}": ${what}`)
    }
    checked.set(name, value.trim())
  }
  return checked
}

export function problem(errorCode: number, errorMessage: string): Problem {
  return { errorCode, errorMessage }
}
