import { ConsumerProtocolAssignment } from '../../protocol/messages/consumer-protocol-assignment.ts'
import { ConsumerProtocolSubscription } from '../../protocol/messages/consumer-protocol-subscription.ts'
import { Reader } from '../../protocol/reader.ts'
import { Writer } from '../../protocol/writer.ts'
import { byTopic, type TopicPartition } from '../topic-partition.ts'

/*
 * What members of a group say to each other through the coordinator, which does not read it: a version in two bytes
 * and the message. A later version only adds fields at the end, so a reader takes one that it does not know for the
 * highest that it does, and leaves the rest of the bytes alone.
 */

export interface Subscription {
  topics: readonly string[]
  /** What the member holds; empty under the eager protocol, where it gave everything back. */
  ownedPartitions: readonly TopicPartition[]
  /** The generation in which it got them, -1 for none (KIP-792). */
  generationId: number
  rackId: string | null
  userData: Buffer | null
}

export function encodeSubscription(subscription: Subscription): Buffer {
  const version = ConsumerProtocolSubscription.versions[1]
  const writer = new Writer()
  writer.int16(version)
  const { topics, userData, generationId, rackId } = subscription
  const ownedPartitions = groupPartitions(subscription.ownedPartitions)
  ConsumerProtocolSubscription.encode(
    writer,
    { topics, userData, ownedPartitions, generationId, rackId },
    version,
  )
  return writer.finishContiguous()
}

/** Throws `ProtocolError`. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new Reader(bytes)
  const version = readVersion(reader, ConsumerProtocolSubscription.versions)
  const { topics, userData, ownedPartitions, generationId, rackId } = ConsumerProtocolSubscription.decode(
    reader,
    version,
  )
  return { topics, userData, generationId, rackId, ownedPartitions: listPartitions(ownedPartitions) }
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const version = ConsumerProtocolAssignment.versions[1]
  const writer = new Writer()
  writer.int16(version)
  ConsumerProtocolAssignment.encode(writer, { assignedPartitions: groupPartitions(partitions) }, version)
  return writer.finishContiguous()
}

/** No bytes at all mean no partitions. Throws `ProtocolError`. */
export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return []
  const reader = new Reader(bytes)
  const version = readVersion(reader, ConsumerProtocolAssignment.versions)
  return listPartitions(ConsumerProtocolAssignment.decode(reader, version).assignedPartitions)
}

function readVersion(reader: Reader, [lowest, highest]: readonly [number, number]): number {
  const version = reader.int16('version')
  if (version < lowest) reader.fail('version', `is ${version}, below the lowest, ${lowest}`)
  return Math.min(version, highest)
}

function groupPartitions(items: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  return [...byTopic(items)].map(([topic, list]) => ({
    topic,
    partitions: list.map((item) => item.partition),
  }))
}

function listPartitions(topics: readonly { topic: string; partitions: number[] }[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
}
