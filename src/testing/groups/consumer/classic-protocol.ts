import {
  decodeAssignment,
  decodeSubscription,
  type Subscription,
} from '../../../consumer/group/consumer-protocol.ts'
import { ProtocolError } from '../../../errors.ts'
import { ConsumerProtocolAssignment } from '../../../protocol/messages/consumer-protocol-assignment.ts'
import { Writer } from '../../../protocol/writer.ts'
import { type Assignment, AssignmentBuilder, type HeldPartitions, listed } from './assignment.ts'
import type { TopicDirectory } from './topic-directory.ts'

/** The type of protocol of groups of consumers. */
export const consumerProtocolType = 'consumer'

/** Undefined for what is no subscription. */
export function readSubscription(bytes: Buffer): Subscription | undefined {
  return unlessMalformed(() => decodeSubscription(bytes))
}

/** Undefined for what is no assignment. Topics that are gone are left out. */
export function readAssignment(bytes: Buffer, topics: TopicDirectory): Assignment | undefined {
  const partitions = unlessMalformed(() => decodeAssignment(bytes))
  return partitions && byId(partitions, topics)
}

function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return undefined
  }
}

/** Partitions of topics by their names, by the topics' ids. */
export function byId(
  partitions: readonly { readonly topic: string; readonly partition: number }[],
  topics: TopicDirectory,
): Assignment {
  const builder = new AssignmentBuilder()
  for (const { topic, partition } of partitions) {
    const id = topics.byName(topic)?.id
    if (id !== undefined) builder.add(id, partition)
  }
  return builder.build()
}

/** The bytes that a member of the classic protocol reads its assignment from, in the version of its subscription. */
export function writeAssignment(
  assignment: Assignment | HeldPartitions,
  topics: TopicDirectory | undefined,
  subscription: Buffer,
): Buffer {
  const [lowest, highest] = ConsumerProtocolAssignment.versions
  const version = Math.min(highest, Math.max(lowest, subscription.readInt16BE(0)))
  const assignedPartitions = listed(assignment).flatMap(({ topicId, partitions }) => {
    const topic = topics?.byId(topicId)?.name
    return topic === undefined ? [] : [{ topic, partitions }]
  })
  const writer = new Writer()
  writer.int16(version)
  ConsumerProtocolAssignment.encode(writer, { assignedPartitions }, version)
  return writer.finishContiguous()
}
