import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Draft } from '../../../src/protocol/message.ts'
import {
  DescribeConfigs,
  IncrementalAlterConfigs,
  Produce,
  ShareAcknowledge,
  ShareFetch,
  type ShareFetchRequest,
  ShareGroupHeartbeat,
} from '../../../src/protocol/messages/index.ts'
import { type BatchInput, batch, type RecordInput } from './batches.ts'
import type { Teller, TestTopic, World } from './world.ts'

/** Acknowledgements of a range: one type for all, or one for each offset. */
export function ack(firstOffset: number, lastOffset: number, ...acknowledgeTypes: number[]) {
  return { firstOffset: BigInt(firstOffset), lastOffset: BigInt(lastOffset), acknowledgeTypes }
}

export const gap = 0
export const accept = 1
export const release = 2
export const reject = 3
export const renew = 4

type Acknowledgements = readonly ReturnType<typeof ack>[]

let members = 0

/** A member id of its own; `NAME` in the transcript. */
export function newMemberId(world: World, name: string): string {
  members += 1
  const memberId = `m${members}-${randomBytes(8).toString('hex')}`
  world.alias(memberId, name)
  return memberId
}

/** A member of a share group with its session. Its answers go into the transcript, but for those that are asked `quietly`. */
export class ShareReader {
  readonly client: Teller
  readonly groupId: string
  readonly topic: TestTopic
  readonly memberId: string
  /** Of the session, as the next request carries it. */
  epoch = 0

  constructor(client: Teller, groupId: string, topic: TestTopic, memberId: string) {
    this.client = client
    this.groupId = groupId
    this.topic = topic
    this.memberId = memberId
  }

  request(
    more: Draft<ShareFetchRequest> = {},
    acknowledgementBatches: Acknowledgements = [],
    partitions: readonly number[] = [0],
  ): Draft<ShareFetchRequest> {
    const { groupId, memberId, topic } = this
    const isNamed = this.epoch === 0 || acknowledgementBatches.length > 0
    return {
      groupId,
      memberId,
      shareSessionEpoch: this.epoch,
      maxWaitMs: 300,
      minBytes: 1,
      maxBytes: 1_000_000,
      maxRecords: 500,
      batchSize: 500,
      topics: isNamed
        ? [
            {
              topicId: topic.id,
              partitions: partitions.map((partitionIndex) => ({ partitionIndex, acknowledgementBatches })),
            },
          ]
        : [],
      ...more,
    }
  }

  async fetch(
    say: string,
    more: Draft<ShareFetchRequest> = {},
    acknowledgements: Acknowledgements = [],
    partitions: readonly number[] = [0],
    version = 2,
  ) {
    const request = this.request(more, acknowledgements, partitions)
    const answer = await this.client.call(ShareFetch, version, request, say)
    if (answer.errorCode === 0) this.epoch += 1
    return answer
  }

  async acknowledge(
    say: string,
    acknowledgementBatches: Acknowledgements,
    isRenewAck = false,
    partition = 0,
  ) {
    const { groupId, memberId, topic } = this
    const partitions = [{ partitionIndex: partition, acknowledgementBatches }]
    const answer = await this.client.call(
      ShareAcknowledge,
      2,
      {
        groupId,
        memberId,
        shareSessionEpoch: this.epoch,
        topics: [{ topicId: topic.id, partitions }],
        isRenewAck,
      },
      say,
    )
    if (answer.errorCode === 0) this.epoch += 1
    return answer
  }

  async close(say: string): Promise<void> {
    const { groupId, memberId } = this
    await this.client.call(ShareFetch, 2, { groupId, memberId, shareSessionEpoch: -1 }, say)
    this.epoch = 0
  }
}

export interface ShareSetup {
  partitions?: number
  /** Of the group. Without a word on it the group reads from the earliest record. */
  configs?: Record<string, string>
  /** Batches for partition 0, each of so many records, written when the group is ready to read. */
  batches?: readonly number[]
}

/**
 * A group with one member that is assigned all partitions of a topic of its own, and ready to read: a real Kafka makes
 * the state of each partition in the background.
 */
export async function shareReader(
  world: World,
  client: Teller,
  { partitions = 1, configs = {}, batches = [] }: ShareSetup = {},
): Promise<ShareReader> {
  const topic = await world.topic(partitions)
  const groupId = world.groupId()
  await configureGroup(client, groupId, {
    'share.auto.offset.reset': 'earliest',
    'share.assignment.interval.ms': '0',
    ...configs,
  })
  const reader = new ShareReader(client, groupId, topic, newMemberId(world, 'member'))
  await joined(client, groupId, reader.memberId, [topic.name], partitions)
  await ready(world, client, groupId, topic, partitions)
  for (const count of batches) await produce(client, topic, count)
  return reader
}

/** Opens and closes a session of somebody else, until each partition can be read. */
export async function ready(
  world: World,
  client: Teller,
  groupId: string,
  topic: TestTopic,
  partitions = 1,
): Promise<void> {
  const reader = new ShareReader(client, groupId, topic, newMemberId(world, 'nobody'))
  const indexes = Array.from({ length: partitions }, (_, index) => index)
  await until(async () => {
    const { responses } = await client.quietly(ShareFetch, 2, reader.request({ maxWaitMs: 50 }, [], indexes))
    const answers = responses.flatMap((response) => response.partitions)
    return answers.length === partitions && answers.every(({ errorCode }) => errorCode === 0)
  })
  reader.epoch = -1
  await client.quietly(ShareFetch, 2, { groupId, memberId: reader.memberId, shareSessionEpoch: -1 })
}

/** Joins, and beats until so many partitions are assigned; resolves with the member's epoch. */
export async function joined(
  client: Teller,
  groupId: string,
  memberId: string,
  topicNames: readonly string[],
  partitions: number,
): Promise<number> {
  const join = { groupId, memberId, memberEpoch: 0, subscribedTopicNames: topicNames }
  let epoch = 0
  await until(async () => {
    const answer = await client.quietly(ShareGroupHeartbeat, 1, join)
    epoch = answer.memberEpoch
    const assigned = answer.assignment?.topicPartitions.flatMap((topic) => topic.partitions) ?? []
    return assigned.length === partitions
  })
  return epoch
}

/** Sets configs of a group and waits until they hold. */
export async function configureGroup(
  client: Teller,
  groupId: string,
  configs: Readonly<Record<string, string>>,
): Promise<void> {
  const wanted = Object.entries(configs)
  const { responses } = await client.quietly(IncrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType: 32,
        resourceName: groupId,
        configs: wanted.map(([name, value]) => ({ name, configOperation: 0, value })),
      },
    ],
  })
  if (responses[0].errorCode !== 0)
    throw new Error(`the configs were not taken: ${responses[0].errorMessage}`)
  await until(async () => {
    const { results } = await client.quietly(DescribeConfigs, 4, {
      resources: [
        { resourceType: 32, resourceName: groupId, configurationKeys: wanted.map(([name]) => name) },
      ],
    })
    return results[0].configs.every(({ name, value }) => configs[name] === value)
  })
}

/** Writes a batch of so many records, or of these. */
export async function produce(
  client: Teller,
  topic: TestTopic,
  records: number | readonly (string | RecordInput)[],
  index = 0,
  fields: BatchInput = {},
  transactionalId: string | null = null,
): Promise<void> {
  const values =
    typeof records === 'number' ? Array.from({ length: records }, (_, number) => `value ${number}`) : records
  const written = await client.quietly(Produce, 9, {
    transactionalId,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic.name, partitionData: [{ index, records: await batch(values, fields) }] }],
  })
  const { errorCode } = written.responses[0].partitionResponses[0]
  if (errorCode !== 0) throw new Error(`the records were not taken: ${errorCode}`)
}

/** Waits until something is so. */
export async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 20_000
  while (!(await isTrue())) {
    if (Date.now() > giveUpAt) throw new Error('waited for 20 s')
    await sleep(50)
  }
}
