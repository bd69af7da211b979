/** One partition of one topic. */
export interface TopicPartition {
  topic: string
  partition: number
}

/** A place in a partition: the offset of the next record to read. */
export interface TopicPartitionOffset extends TopicPartition {
  offset: bigint
}

/**
 * The key of a partition in our maps. No two partitions share one: what follows the last `-` is the number, and a
 * number has no `-` in it.
 */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** The partitions of each topic, in the order in which topics and partitions first come up. */
export function byTopic<T extends TopicPartition>(items: Iterable<T>): Map<string, T[]> {
  const topics = new Map<string, T[]>()
  for (const item of items) {
    const list = topics.get(item.topic)
    if (list === undefined) topics.set(item.topic, [item])
    else list.push(item)
  }
  return topics
}

/** As `orders[0, 1, 2], returns[0]`, for logs and errors. */
export function describePartitions(partitions: Iterable<TopicPartition>): string {
  return [...byTopic(partitions)]
    .map(([topic, items]) => `${topic}[${items.map((item) => item.partition).join(', ')}]`)
    .join(', ')
}
