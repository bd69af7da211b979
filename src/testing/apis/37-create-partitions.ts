import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  CreatePartitions,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type CreatePartitionsTopic,
} from '../../protocol/messages/create-partitions.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { planPartitions } from '../state/add-partitions.ts'
import { problem } from '../state/create-topic.ts'

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
  const assignments = planPartitions(cluster, topic, count, wanted.assignments)
  if ('errorCode' in assignments) return assignments
  if (!validateOnly) cluster.controller.addPartitions(topic, assignments)
  return done
}
