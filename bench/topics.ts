import { Kafka } from '../src/index.ts'
import { ErrorCodes } from '../src/protocol/error-codes.ts'
import { CreateTopics } from '../src/protocol/messages/create-topics.ts'
import { DeleteTopics } from '../src/protocol/messages/delete-topics.ts'

/** Makes a topic anew, without its records of before. */
export async function createTopic(brokers: string[], name: string, partitions: number): Promise<void> {
  await using kafka = new Kafka({ brokers, clientId: 'bench-topics' })
  await kafka.request({ controller: true }, DeleteTopics, {
    topics: [{ name }],
    topicNames: [name],
    timeoutMs: 10_000,
  })
  for (;;) {
    const { topics } = await kafka.request({ controller: true }, CreateTopics, {
      topics: [{ name, numPartitions: partitions, replicationFactor: 1 }],
      timeoutMs: 10_000,
    })
    if (topics[0].errorCode === ErrorCodes.NONE) return
    if (topics[0].errorCode !== ErrorCodes.TOPIC_ALREADY_EXISTS)
      throw new Error(`${name}: error ${topics[0].errorCode}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
