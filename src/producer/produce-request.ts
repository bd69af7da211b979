import type { Codec } from '../compression/index.ts'
import type { Draft } from '../protocol/message.ts'
import type {
  PartitionProduceData,
  PartitionProduceResponse,
  ProduceRequest as ProduceMessage,
  ProduceResponse,
} from '../protocol/messages/produce.ts'
import type { ProducerBatch } from './batch.ts'
import type { TopicState } from './topic-state.ts'

/** The batches of one topic in a request, one for each partition. */
interface TopicPart {
  readonly topic: string
  /** As the message has it: the topic may be another one by the time of the answer. */
  readonly topicId: string
  readonly batches: ProducerBatch[]
}

/** The highest version that names topics; later ones have their ids (KIP-516). */
const LAST_VERSION_WITH_NAMES = 12

const NO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** The batches that go to one broker together: their message, and which answer is whose. */
export class ProduceRequest {
  /** All of its batches are compressed, as far as they have to be: it may leave. */
  prepared = true
  sizeBytes = 0
  readonly batches: ProducerBatch[] = []
  readonly #parts = new Map<TopicState, TopicPart>()

  add(batch: ProducerBatch): void {
    const topic = batch.queue.state
    let part = this.#parts.get(topic)
    if (part === undefined) {
      part = { topic: topic.name, topicId: topic.topicId, batches: [] }
      this.#parts.set(topic, part)
    }
    part.batches.push(batch)
    this.batches.push(batch)
    this.sizeBytes += batch.sizeBytes
  }

  /** The highest version that can say where the batches go: not every cluster gives its topics ids. */
  get maxVersion(): number {
    for (const part of this.#parts.values()) {
      if (part.topicId === '' || part.topicId === NO_TOPIC_ID) return LAST_VERSION_WITH_NAMES
    }
    return Number.POSITIVE_INFINITY
  }

  /** The message with the batches that are not settled meanwhile; undefined when all of them are. */
  message(acks: number, timeoutMs: number, codec: Codec): Draft<ProduceMessage> | undefined {
    const topicData: { name: string; topicId: string; partitionData: Draft<PartitionProduceData>[] }[] = []
    for (const part of this.#parts.values()) {
      const partitionData: Draft<PartitionProduceData>[] = []
      for (const batch of part.batches) {
        if (batch.state === 'settled') continue
        partitionData.push({ index: batch.queue.partition, records: batch.encode(codec) })
      }
      if (partitionData.length > 0) topicData.push({ name: part.topic, topicId: part.topicId, partitionData })
    }
    return topicData.length === 0 ? undefined : { transactionalId: null, acks, timeoutMs, topicData }
  }

  /** The topic that went by an id. */
  topicOf(topicId: string): string | undefined {
    for (const part of this.#parts.values()) if (part.topicId === topicId) return part.topic
    return undefined
  }

  /** Calls `answered` for each answer and its batch. Answers mostly come in the order of the request. */
  match(
    response: ProduceResponse,
    answered: (batch: ProducerBatch, answer: PartitionProduceResponse) => void,
  ): void {
    for (const topic of response.responses) {
      // A version has either of them.
      const byId = topic.name === ''
      for (const part of this.#parts.values()) {
        if (byId ? part.topicId !== topic.topicId : part.topic !== topic.name) continue
        matchPartitions(part.batches, topic.partitionResponses, answered)
        break
      }
    }
  }
}

function matchPartitions(
  batches: readonly ProducerBatch[],
  answers: readonly PartitionProduceResponse[],
  answered: (batch: ProducerBatch, answer: PartitionProduceResponse) => void,
): void {
  let byPartition: Map<number, ProducerBatch> | undefined
  for (let i = 0; i < answers.length; i++) {
    const answer = answers[i]
    let batch: ProducerBatch | undefined = batches[i]
    if (batch?.queue.partition !== answer.index) {
      byPartition ??= new Map(batches.map((each) => [each.queue.partition, each]))
      batch = byPartition.get(answer.index)
    }
    if (batch !== undefined) answered(batch, answer)
  }
}
