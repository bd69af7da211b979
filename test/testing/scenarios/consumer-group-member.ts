import { setTimeout as sleep } from 'node:timers/promises'
import type { Draft } from '../../../src/protocol/message.ts'
import {
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  type ConsumerGroupHeartbeatRequest,
  IncrementalAlterConfigs,
} from '../../../src/protocol/messages/index.ts'
import type { Teller, TestTopic, World } from '../support/world.ts'

export type Heartbeating = Draft<ConsumerGroupHeartbeatRequest>

const groupResource = 32
const alterSet = 0

/** A group whose assignments are made at once, where Kafka would let a second pass from one to the next. */
export async function newGroup(world: World, client: Teller): Promise<string> {
  const groupId = world.groupId()
  await client.quietly(IncrementalAlterConfigs, 1, {
    resources: [
      {
        resourceType: groupResource,
        resourceName: groupId,
        configs: [{ name: 'consumer.assignment.interval.ms', configOperation: alterSet, value: '0' }],
      },
    ],
    validateOnly: false,
  })
  return groupId
}

export function joining(
  groupId: string,
  memberId: string,
  topics: readonly TestTopic[],
  more: Heartbeating = {},
): Heartbeating {
  return {
    groupId,
    memberId,
    memberEpoch: 0,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: topics.map(({ name }) => name),
    topicPartitions: [],
    ...more,
  }
}

/** A member that remembers its epoch, as clients do. */
export class GroupMember {
  readonly #client: Teller
  readonly #groupId: string
  readonly memberId: string
  readonly #always: Heartbeating
  epoch = 0

  constructor(client: Teller, groupId: string, memberId: string, always: Heartbeating = {}) {
    this.#client = client
    this.#groupId = groupId
    this.memberId = memberId
    this.#always = always
  }

  join(topics: readonly TestTopic[], more: Heartbeating = {}, say = 'joins') {
    return this.send(joining(this.#groupId, this.memberId, topics, { ...this.#always, ...more }), say)
  }

  /** `owned`: what it says to own, which it does not have to. */
  beat(say = '', owned?: readonly [TestTopic, ...number[]][], more: Heartbeating = {}) {
    const topicPartitions = owned?.map(([{ id }, ...partitions]) => ({ topicId: id, partitions })) ?? null
    return this.say(say, { topicPartitions, ...more })
  }

  /** What it is told as soon as it is told anything. */
  async beatUntilTold(say: string) {
    const { memberId } = this
    const request = () => ({ groupId: this.#groupId, memberId, memberEpoch: this.epoch, ...this.#always })
    const told = await eventually(async () => {
      const answer = await this.#client.quietly(ConsumerGroupHeartbeat, 1, request())
      return answer.memberEpoch !== this.epoch || answer.assignment !== null ? answer : undefined
    })
    this.#client.tell(`${memberId} ${say}`, told)
    this.epoch = told?.memberEpoch ?? this.epoch
  }

  say(say: string, more: Heartbeating) {
    const { memberId, epoch: memberEpoch } = this
    return this.send({ groupId: this.#groupId, memberId, memberEpoch, ...this.#always, ...more }, say)
  }

  leave(memberEpoch = -1) {
    return this.say(memberEpoch === -1 ? 'leaves' : 'leaves for a while', { memberEpoch })
  }

  async send(request: Heartbeating, say: string) {
    const answer = await this.#client.call(
      ConsumerGroupHeartbeat,
      1,
      request,
      `${this.memberId} ${say}`.trim(),
    )
    if (answer.errorCode === 0) this.epoch = answer.memberEpoch
    return answer
  }
}

export function described(client: Teller, groupId: string, say = '') {
  return client.call(ConsumerGroupDescribe, 1, { groupIds: [groupId] }, say)
}

/** Lets members send heartbeats, and own what they are told to, until nobody is told anything new. */
export async function settle(
  client: Teller,
  groupId: string,
  members: readonly GroupMember[],
  state = 'Stable',
) {
  for (let round = 0; round < 100; round++) {
    let isSettled = true
    for (const member of members) {
      const answer = await client.quietly(ConsumerGroupHeartbeat, 1, {
        groupId,
        memberId: member.memberId,
        memberEpoch: member.epoch,
        topicPartitions: null,
      })
      if (answer.errorCode !== 0) throw new Error(`${member.memberId} is refused: ${answer.errorMessage}`)
      if (answer.memberEpoch !== member.epoch || answer.assignment !== null) isSettled = false
      member.epoch = answer.memberEpoch
      if (answer.assignment === null) continue
      const told = await client.quietly(ConsumerGroupHeartbeat, 1, {
        groupId,
        memberId: member.memberId,
        memberEpoch: member.epoch,
        topicPartitions: answer.assignment.topicPartitions,
      })
      member.epoch = told.memberEpoch
    }
    const { groups } = await client.quietly(ConsumerGroupDescribe, 1, { groupIds: [groupId] })
    if (isSettled && groups[0].groupState === state) return
    if (isSettled) await sleep(10)
  }
  throw new Error(`${groupId} does not settle`)
}

export async function members(world: World, names: readonly string[], always: Heartbeating = {}) {
  const client = await world.client()
  const groupId = await newGroup(world, client)
  return { client, groupId, all: names.map((name) => new GroupMember(client, groupId, name, always)) }
}

export function committing(
  groupId: string,
  memberId: string,
  epoch: number,
  topic: TestTopic,
  partitions: number[],
) {
  return {
    groupId,
    memberId,
    generationIdOrMemberEpoch: epoch,
    topics: [
      {
        name: topic.name,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: 5n,
          committedMetadata: '',
        })),
      },
    ],
  }
}

/** What `look` finds, looked for so many times; undefined when it never does. */
export async function eventually<T>(look: () => Promise<T | undefined>, times = 500): Promise<T | undefined> {
  for (let time = 0; time < times; time++) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(10)
  }
  return undefined
}
