import { setTimeout as sleep } from 'node:timers/promises'
import type { Draft } from '../../../src/protocol/message.ts'
import {
  AlterShareGroupOffsets,
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  DeleteGroups,
  DeleteShareGroupOffsets,
  DescribeConfigs,
  DescribeGroups,
  DescribeShareGroupOffsets,
  FindCoordinator,
  IncrementalAlterConfigs,
  JoinGroup,
  ListGroups,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  ShareGroupDescribe,
  ShareGroupHeartbeat,
  type ShareGroupHeartbeatRequest,
} from '../../../src/protocol/messages/index.ts'
import {
  accept,
  ack,
  configureGroup,
  joined,
  newMemberId,
  ShareReader,
  shareReader,
  until,
} from '../support/share-reader.ts'
import type { Scenario, Teller } from '../support/world.ts'
import { shareReadingScenarios } from './share-reading.ts'

/** Longer than `group.share.assignment.interval.ms`. */
const assignmentIntervalMs = 1200

function beat(
  client: Teller,
  groupId: string,
  memberId: string,
  memberEpoch: number,
  say: string,
  more: Draft<ShareGroupHeartbeatRequest> = {},
) {
  return client.call(ShareGroupHeartbeat, 1, { groupId, memberId, memberEpoch, ...more }, say)
}

function describe(client: Teller, say: string, ...groupIds: string[]) {
  return client.call(ShareGroupDescribe, 1, { groupIds, includeAuthorizedOperations: true }, say)
}

function offsets(client: Teller, say: string, groupId: string, version = 1) {
  return client.call(DescribeShareGroupOffsets, version, { groups: [{ groupId, topics: null }] }, say)
}

export const shareGroupScenarios: Scenario[] = [
  {
    name: 'share groups: heartbeats that cannot be',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const { name } = await world.topic()
      const member = newMemberId(world, 'member')
      const subscribed = { subscribedTopicNames: [name] }
      await beat(client, '', member, 0, 'no group id', subscribed)
      await beat(client, groupId, '', 0, 'no member id', subscribed)
      await beat(client, groupId, 'x'.repeat(37), 0, 'a long member id', subscribed)
      await beat(client, groupId, member, 0, 'no topics')
      await beat(client, groupId, member, 0, 'an empty list of topics', { subscribedTopicNames: [] })
      await beat(client, groupId, member, -2, 'an epoch that there is not', subscribed)
      await beat(client, groupId, member, -1, 'leaves no group')
      await beat(client, groupId, member, 5, 'stays in no group')
      await beat(client, groupId, member, 0, 'an empty rack', { ...subscribed, rackId: '' })
      await describe(client, 'there is no such group, and none without a name', groupId, '')
    },
  },
  {
    name: 'share groups: a member comes, beats and leaves',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const topic = await world.topic(2)
      const member = newMemberId(world, 'member')
      const subscribed = { subscribedTopicNames: [topic.name], rackId: 'rack' }
      await beat(client, groupId, member, 0, 'joins', subscribed)
      await describe(client, 'nothing is assigned yet', groupId)
      await beat(client, groupId, member, 2, 'hears of nothing new so soon')
      await until(async () => {
        const { groups } = await client.quietly(DescribeShareGroupOffsets, 1, {
          groups: [{ groupId, topics: null }],
        })
        return groups[0].topics[0]?.partitions.length === 2
      })
      await sleep(assignmentIntervalMs)
      await beat(client, groupId, member, 2, 'hears of its partitions')
      await beat(client, groupId, member, 2, 'as if it had not heard')
      await beat(client, groupId, member, 3, 'beats')
      await beat(client, groupId, member, 3, 'says the same once more', subscribed)
      await describe(client, 'stable', groupId)
      await beat(client, groupId, member, 0, 'joins again', subscribed)
      await beat(client, groupId, member, -1, 'leaves')
      await beat(client, groupId, member, -1, 'leaves once more')
      await describe(client, 'empty', groupId)
    },
  },
  {
    name: 'share groups: who is not a member in this epoch',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const topic = await world.topic()
      const member = newMemberId(world, 'member')
      const epoch = await joined(client, groupId, member, [topic.name], 1)
      await beat(client, groupId, newMemberId(world, 'nobody'), epoch, 'an unknown member')
      await beat(client, groupId, newMemberId(world, 'nobody'), -1, 'an unknown member leaves')
      await beat(client, groupId, member, epoch + 1, 'an epoch ahead')
      await beat(client, groupId, member, epoch - 2, 'an epoch long gone')
      await beat(client, groupId, member, epoch, 'the epoch')
    },
  },
  {
    name: 'share groups: subscriptions change',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const [one, two] = [await world.topic(), await world.topic(2)]
      const member = newMemberId(world, 'member')
      const epoch = await joined(client, groupId, member, [one.name], 1)
      await sleep(assignmentIntervalMs)
      await beat(client, groupId, member, epoch, 'another topic too', {
        subscribedTopicNames: [two.name, one.name, two.name],
      })
      await until(async () => {
        const known = await client.quietly(ShareGroupDescribe, 1, { groupIds: [groupId] })
        const [{ memberEpoch, assignment }] = known.groups[0].members
        if (assignment.topicPartitions.length === 2) return true
        await client.quietly(ShareGroupHeartbeat, 1, { groupId, memberId: member, memberEpoch })
        return false
      })
      const described = await describe(client, 'two topics', groupId)
      await sleep(assignmentIntervalMs)
      await beat(
        client,
        groupId,
        member,
        described.groups[0].members[0].memberEpoch,
        'the other topic alone',
        {
          subscribedTopicNames: [two.name],
        },
      )
      await describe(client, 'one topic', groupId)
    },
  },
  {
    name: 'share groups: partitions are shared out',
    async run(world) {
      for (const [partitions, count] of [
        [3, 2],
        [2, 3],
        [1, 3],
        [4, 3],
        [2, 5],
      ]) {
        const client = await world.client()
        const groupId = world.groupId()
        const topic = await world.topic(partitions)
        const members = Array.from({ length: count }, (_, index) => newMemberId(world, `member ${index}`))
        await joined(client, groupId, members[0], [topic.name], partitions)
        for (const memberId of members.slice(1)) {
          await client.quietly(ShareGroupHeartbeat, 1, {
            groupId,
            memberId,
            memberEpoch: 0,
            subscribedTopicNames: [topic.name],
          })
        }
        await sleep(assignmentIntervalMs)
        const settled = async () => {
          const { groups } = await client.quietly(ShareGroupDescribe, 1, { groupIds: [groupId] })
          const [group] = groups
          for (const { memberId, memberEpoch } of group.members) {
            await client.quietly(ShareGroupHeartbeat, 1, { groupId, memberId, memberEpoch })
          }
          return group.members.every(({ memberEpoch }) => memberEpoch === group.groupEpoch)
        }
        await until(settled)
        const { groups } = await client.quietly(ShareGroupDescribe, 1, { groupIds: [groupId] })
        const assigned = groups[0].members.map(({ assignment }) =>
          assignment.topicPartitions.flatMap((named) => named.partitions),
        )
        world.note(`${partitions} partitions, ${count} members: how many each has`, {
          epoch: groups[0].groupEpoch,
          counts: assigned.map(({ length }) => length).sort(),
          sharers: Array.from(
            { length: partitions },
            (_, index) => assigned.filter((own) => own.includes(index)).length,
          ).sort(),
        })
      }
    },
  },
  {
    name: 'share groups: a topic that is made later',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const member = newMemberId(world, 'member')
      const name = world.unusedName()
      await beat(client, groupId, member, 0, 'subscribes to a topic that there is not', {
        subscribedTopicNames: [name],
      })
      await sleep(assignmentIntervalMs)
      await beat(client, groupId, member, 2, 'beats')
      await describe(client, 'with nothing to read', groupId)
    },
  },
  {
    name: 'share groups: listed by type and state, and deleted',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const topic = await world.topic()
      const member = newMemberId(world, 'member')
      const epoch = await joined(client, groupId, member, [topic.name], 1)
      const list = async (say: string, filter: object, version = 5) => {
        const { groups } = await client.quietly(ListGroups, version, filter)
        world.note(
          say,
          groups.filter((group) => group.groupId === groupId),
        )
      }
      await list('all', {})
      await list('in an old version', {}, 2)
      await list('share groups', { typesFilter: ['Share'] })
      await list('classic groups', { typesFilter: ['classic'] })
      await list('stable ones', { statesFilter: ['stable'] })
      await list('empty ones', { statesFilter: ['Empty'] })
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] }, 'with a member')
      await beat(client, groupId, member, -1, 'leaves')
      await list('empty ones', { statesFilter: ['empty'], typesFilter: ['share'] })
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] }, 'without members')
      await list('all', {})
      await beat(client, groupId, member, epoch, 'there is no group any more')
      await describe(client, 'there is no group any more', groupId)
      await offsets(client, 'there is no group any more', groupId)
    },
  },
  {
    name: 'share groups: groups of other types',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const topic = await world.topic()
      const member = newMemberId(world, 'member')
      const partitions = [{ partitionIndex: 0, committedOffset: 1n }]
      await client.call(
        OffsetCommit,
        8,
        { groupId, topics: [{ name: topic.name, partitions }] },
        'a classic group',
      )
      await beat(client, groupId, member, 0, 'as a share group', { subscribedTopicNames: [topic.name] })
      await describe(client, 'as a share group', groupId)
      await offsets(client, 'as a share group', groupId)
      const shared = world.groupId()
      await joined(client, shared, member, [topic.name], 1)
      await client.call(DescribeGroups, 5, { groups: [shared] }, 'as a classic group')
      await client.call(DescribeGroups, 6, { groups: [shared] }, 'as a classic group')
      await client.call(ConsumerGroupDescribe, 1, { groupIds: [shared] }, 'as a consumer group')
      const joining = { rebalanceTimeoutMs: 10_000, subscribedTopicNames: [topic.name], topicPartitions: [] }
      await client.call(
        ConsumerGroupHeartbeat,
        1,
        { groupId: shared, memberId: member, memberEpoch: 0, ...joining },
        'as a consumer group',
      )
      const protocols = [{ name: 'range', metadata: Buffer.from('meta') }]
      const times = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 }
      const classic = { groupId: shared, memberId: '', protocolType: 'consumer', protocols, ...times }
      await client.call(JoinGroup, 5, classic, 'as a classic group')
      await client.call(
        OffsetCommit,
        8,
        { groupId: shared, topics: [{ name: topic.name, partitions }] },
        'commits',
      )
      const wanted = { groups: [{ groupId: shared, topics: null }] }
      await client.call(OffsetFetch, 8, wanted, 'as a classic group')
      const deleted = [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }]
      await client.call(OffsetDelete, 0, { groupId: shared, topics: deleted }, 'as a classic group')
    },
  },
  {
    name: 'share groups: configs of groups',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const describeConfigs = (say: string, configurationKeys: string[] | null = null) =>
        client.call(
          DescribeConfigs,
          4,
          {
            resources: [{ resourceType: 32, resourceName: groupId, configurationKeys }],
            includeSynonyms: true,
          },
          say,
        )
      const alter = (say: string, name: string, value: string | null, configOperation = 0, group = groupId) =>
        client.call(
          IncrementalAlterConfigs,
          1,
          {
            resources: [
              { resourceType: 32, resourceName: group, configs: [{ name, value, configOperation }] },
            ],
          },
          say,
        )
      await describeConfigs('all defaults')
      await alter('a reset that there is not', 'share.auto.offset.reset', 'none')
      await alter('a short duration', 'share.auto.offset.reset', 'by_duration:PT1H')
      await alter('a lock that is too short', 'share.record.lock.duration.ms', '1000')
      await alter('a lock that is too long', 'share.record.lock.duration.ms', '100000')
      await alter('a limit that is too low', 'share.delivery.count.limit', '1')
      await alter('a limit that is too high', 'share.delivery.count.limit', '11')
      await alter('too few locks', 'share.partition.max.record.locks', '99')
      await alter('no number', 'share.partition.max.record.locks', 'many')
      await alter('an isolation that there is not', 'share.isolation.level', 'snapshot')
      await alter('no config', 'nonsense', '1')
      await alter('no group', 'share.delivery.count.limit', '3', 0, '')
      await alter('a limit', 'share.delivery.count.limit', '3')
      await configureGroup(client, groupId, { 'share.delivery.count.limit': '3' })
      await describeConfigs('some', ['share.delivery.count.limit', 'share.auto.offset.reset'])
      await alter('the default again', 'share.delivery.count.limit', null, 1)
    },
  },
  {
    name: 'share groups: coordinators of share partitions',
    async run(world) {
      const client = await world.client()
      const { id } = await world.topic()
      const groupId = world.groupId()
      for (const key of [`${groupId}:${id}:0`, 'x', `${groupId}:x:1`, `${groupId}:${id}:x`, `:${id}:0`]) {
        await client.call(FindCoordinator, 6, { keyType: 2, coordinatorKeys: [key] })
      }
    },
  },
  {
    name: 'share groups: offsets are described',
    async run(world) {
      const client = await world.client()
      const reader = await shareReader(world, client, { partitions: 2, batches: [4, 4] })
      const { groupId, topic } = reader
      await offsets(client, 'nothing was read', groupId)
      await reader.fetch('reads', { maxRecords: 4 })
      await offsets(client, 'nothing was acknowledged', groupId)
      await reader.acknowledge('one from the middle', [ack(1, 1, accept)])
      await offsets(client, 'one', groupId)
      await offsets(client, 'without the lag', groupId, 0)
      await reader.acknowledge('the first', [ack(0, 0, accept)])
      await offsets(client, 'as it was before', groupId)
      await reader.acknowledge('the rest', [ack(2, 3, accept)])
      await offsets(client, 'as it was before', groupId)
      const named = (say: string, group: string, topicName: string, partitions: number[]) =>
        client.call(
          DescribeShareGroupOffsets,
          1,
          { groups: [{ groupId: group, topics: [{ topicName, partitions }] }] },
          say,
        )
      await named('by its name', groupId, topic.name, [0, 1])
      await named('a topic that there is not', groupId, 'no-such-topic', [0])
      await named('a group that there is not', 'no-such-group', topic.name, [0])
      await offsets(client, 'a group that there is not', 'no-such-group')
    },
  },
  {
    name: 'share groups: offsets are set and deleted',
    async run(world) {
      const client = await world.client()
      const groupId = world.groupId()
      const topic = await world.topic(2)
      const alter = (say: string, topicName: string, startOffsets: [number, bigint][], group = groupId) =>
        client.call(
          AlterShareGroupOffsets,
          0,
          {
            groupId: group,
            topics: [
              {
                topicName,
                partitions: startOffsets.map(([partitionIndex, startOffset]) => ({
                  partitionIndex,
                  startOffset,
                })),
              },
            ],
          },
          say,
        )
      const remove = (say: string, topicName: string, group = groupId) =>
        client.call(DeleteShareGroupOffsets, 0, { groupId: group, topics: [{ topicName }] }, say)
      await remove('there is no group', topic.name)
      await remove('no group id', topic.name, '')
      await alter('no group id', topic.name, [[0, 0n]], '')
      await alter('makes a group', topic.name, [
        [0, 2n],
        [9, 0n],
      ])
      await alter('a topic that there is not', 'no-such-topic', [[0, 0n]])
      await describe(client, 'the group is empty', groupId)
      await offsets(client, 'as they were set', groupId)
      await alter('far away', topic.name, [[1, 1000n]])
      await offsets(client, 'far away', groupId)
      await remove('all of the topic', topic.name)
      await offsets(client, 'none', groupId)
      await remove('once more', topic.name)
      await remove('a topic that there is not', 'no-such-topic')
      const member = newMemberId(world, 'member')
      await joined(client, groupId, member, [topic.name], 2)
      await alter('with a member', topic.name, [[0, 0n]])
      await remove('with a member', topic.name)
    },
  },
  {
    name: 'share groups: reading goes on where an administrator set it',
    async run(world) {
      const client = await world.client()
      const first = await shareReader(world, client, { batches: [4, 4] })
      const groupId = world.groupId()
      await client.quietly(AlterShareGroupOffsets, 0, {
        groupId,
        topics: [{ topicName: first.topic.name, partitions: [{ partitionIndex: 0, startOffset: 2n }] }],
      })
      const member = newMemberId(world, 'member')
      await joined(client, groupId, member, [first.topic.name], 1)
      await describe(client, 'has what it knows at once', groupId)
      const reader = new ShareReader(client, groupId, first.topic, member)
      await until(async () => {
        const answer = await client.quietly(ListGroups, 5, { typesFilter: ['share'] })
        return answer.groups.some((group) => group.groupId === groupId)
      })
      await reader.fetch('from the third record on', { maxWaitMs: 5000 })
      await reader.acknowledge('all', [ack(2, 7, accept)])
      await offsets(client, 'all', groupId)
    },
  },
  {
    name: 'share groups: a group is made anew after it was deleted',
    async run(world) {
      const client = await world.client()
      const reader = await shareReader(world, client, { batches: [2] })
      const { groupId, memberId, topic } = reader
      await reader.fetch('reads')
      await reader.acknowledge('all', [ack(0, 1, accept)])
      await reader.close('closes')
      await beat(client, groupId, memberId, -1, 'leaves')
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] })
      await joined(client, groupId, memberId, [topic.name], 1)
      await describe(client, 'as new', groupId)
      await offsets(client, 'as new', groupId)
    },
  },
  ...shareReadingScenarios,
]
