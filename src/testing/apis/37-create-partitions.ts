import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  CreatePartitions,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type CreatePartitionsTopic,
} from '../../protocol/messages/create-partitions.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { assignmentProblem, type Problem, partitionsProblem, problem, spread } from '../state/create-topic.ts'
import type { Topic } from '../state/topic.ts'

export const createPartitions: Handler<CreatePartitionsRequest, CreatePartitionsResponse> = {
  api: CreatePartitions,
  versions: [0, 3],

  handle({ topics, validateOnly }, { broker }) {
    const names = topics.map(({ name }) => name)
    const results = new Map(
      topics.map((topic) => {
        const { name } = topic
        if (names.indexOf(name) !== names.lastIndexOf(name)) {
          const { errorCode, errorMessage } = problem(
            ErrorCodes.INVALID_REQUEST,
            `"${name}" is named more than once`,
          )
          return [name, { name, errorCode, errorMessage }]
        }
        const { errorCode, errorMessage } = create(broker, topic, validateOnly)
        return [name, { name, errorCode, errorMessage }]
      }),
    )
    return { results: [...results.values()] }
  },
}

interface Outcome {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const done: Outcome = { errorCode: ErrorCodes.NONE, errorMessage: null }

function create({ cluster }: BrokerContext, wanted: CreatePartitionsTopic, validateOnly: boolean): Outcome {
  const { name, count } = wanted
  const topic = cluster.topics.byName(name)
  if (topic === undefined) return { errorCode: ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: null }
  const added = count - topic.partitions.length
  if (added <= 0) {
    const what = `"${name}" has ${topic.partitions.length} partitions; ${count} are not more`
    return problem(ErrorCodes.INVALID_PARTITIONS, what)
  }
  const tooMany = partitionsProblem(cluster, added)
  if (tooMany !== undefined) return tooMany
  const assignments = assignmentsOf(cluster, topic, added, wanted)
  if ('errorCode' in assignments) return assignments
  if (!validateOnly) cluster.controller.addPartitions(topic, assignments)
  return done
}

function assignmentsOf(
  cluster: BrokerContext['cluster'],
  topic: Topic,
  added: number,
  { assignments }: CreatePartitionsTopic,
): (readonly number[])[] | Problem {
  const replicas = topic.partitions[0].replicas.length
  const first = topic.partitions.length
  if (assignments === null) {
    const nodes = cluster.livingNodes().map(({ id }) => id)
    return spread(nodes, first, added, replicas)
  }
  if (assignments.length !== added) {
    const what = `${assignments.length} assignments for ${added} new partitions`
    return problem(ErrorCodes.INVALID_REPLICA_ASSIGNMENT, what)
  }
  for (const [index, { brokerIds }] of assignments.entries()) {
    const what = assignmentProblem(cluster, first + index, brokerIds, replicas)
    if (what !== undefined) return problem(ErrorCodes.INVALID_REPLICA_ASSIGNMENT, what)
  }
  return assignments.map(({ brokerIds }) => brokerIds)
}
