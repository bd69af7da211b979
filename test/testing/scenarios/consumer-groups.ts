import {
  AddOffsetsToTxn,
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  CreatePartitions,
  CreateTopics,
  DeleteGroups,
  DeleteTopics,
  DescribeGroups,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  ListOffsets,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  SyncGroup,
  TxnOffsetCommit,
} from '../../../src/protocol/messages/index.ts'
import { TestProducer } from '../support/test-producer.ts'
import type { Scenario, Teller, TestTopic, World } from '../support/world.ts'
import {
  committing,
  described,
  eventually,
  GroupMember,
  type Heartbeating,
  joining,
  members,
  newGroup,
  settle,
} from './consumer-group-member.ts'

export const consumerGroupScenarios: Scenario[] = [
  {
    name: 'consumer groups: a member alone',
    async run(world) {
      const topic = await world.topic(3)
      const { client, groupId, all } = await members(world, ['a'])
      await all[0].join([topic])
      await described(client, groupId)
      await all[0].beat()
      await all[0].beat('owns them', [[topic, 0, 1, 2]])
      await all[0].say('says everything', {
        rebalanceTimeoutMs: 30_000,
        subscribedTopicNames: [topic.name],
        topicPartitions: [],
      })
      await all[0].leave()
      await described(client, groupId, 'empty')
      await all[0].leave()
      await all[0].join([topic], {}, 'comes back')
    },
  },
  {
    name: 'consumer groups: the first version, where the broker makes the ids',
    async run(world) {
      const topic = await world.topic(2)
      const { client, groupId } = await members(world, [])
      const joined = await client.call(ConsumerGroupHeartbeat, 0, joining(groupId, '', [topic]))
      world.alias(joined.memberId!, 'made')
      const claim = { groupId, memberId: joined.memberId!, memberEpoch: joined.memberEpoch }
      await client.call(ConsumerGroupHeartbeat, 0, claim)
      await client.call(ConsumerGroupHeartbeat, 0, joining(groupId, 'own', [topic]), 'with an id of its own')
      await client.call(ConsumerGroupDescribe, 0, { groupIds: [groupId], includeAuthorizedOperations: true })
      await client.call(ConsumerGroupHeartbeat, 0, { ...claim, memberEpoch: -1 }, 'leaves')
    },
  },
  {
    name: 'consumer groups: requests that cannot be',
    async run(world) {
      const topic = await world.topic()
      const { client, groupId } = await members(world, [])
      const refused: [string, Heartbeating][] = [
        ['epoch 5 of no group', { memberEpoch: 5 }],
        ['leaves no group', { memberEpoch: -1 }],
        ['leaves no group for a while', { memberEpoch: -2, instanceId: 'i' }],
        ['epoch -3', { memberEpoch: -3 }],
        ['epoch -2 without an instance', { memberEpoch: -2 }],
        ['no group id', { groupId: '' }],
        ['a blank group id', { groupId: ' ' }],
        ['no member id', { memberId: '' }],
        ['an empty instance id', { instanceId: '' }],
        ['an empty rack', { rackId: '' }],
        ['no rebalance timeout', { rebalanceTimeoutMs: -1 }],
        ['no partitions', { topicPartitions: null }],
        ['partitions', { topicPartitions: [{ topicId: topic.id, partitions: [0] }] }],
        ['no subscription', { subscribedTopicNames: null }],
        ['no such assignor', { serverAssignor: 'nobody' }],
        ['no such assignor, later', { serverAssignor: 'nobody', memberEpoch: 1 }],
        ['no regular expression', { subscribedTopicNames: null, subscribedTopicRegex: '[' }],
        ['no regular expression, later', { subscribedTopicRegex: '[', memberEpoch: 1 }],
      ]
      for (const [say, more] of refused) {
        await client.call(ConsumerGroupHeartbeat, 1, joining(groupId, 'm', [topic], more), say)
      }
      for (const memberEpoch of [1, -1]) {
        await client.call(ConsumerGroupHeartbeat, 0, { groupId, memberId: '', memberEpoch }, 'no member id')
      }
      await client.call(ConsumerGroupDescribe, 1, { groupIds: [groupId, ''] }, 'nothing came of it')
      await client.call(ConsumerGroupDescribe, 1, { groupIds: [] }, 'none')
    },
  },
  {
    name: 'consumer groups: a second member gets what the first lets go',
    async run(world) {
      const topic = await world.topic(3)
      const { client, groupId, all } = await members(world, ['a', 'b'])
      const [a, b] = all
      await a.join([topic])
      await b.join([topic])
      await described(client, groupId, 'the second has joined')
      await a.beat('is told')
      await described(client, groupId, 'the first was told')
      await a.beat('says nothing of what it owns')
      await a.beat('owns all of it still', [[topic, 0, 1, 2]])
      await b.beat('waits')
      await a.beat('has let go', [[topic, 0, 1]])
      await described(client, groupId, 'the first has let go')
      await b.beat('gets it')
      await b.beat('owns it', [[topic, 2]])
      await described(client, groupId, 'stable')
      await a.leave()
      await described(client, groupId, 'the first has left')
      await b.beat('gets the rest')
      await described(client, groupId, 'stable again')
    },
  },
  {
    name: 'consumer groups: epochs that are not the member’s',
    async run(world) {
      const topic = await world.topic(3)
      const { all } = await members(world, ['a', 'b'])
      const [a, b] = all
      await a.join([topic])
      await a.say('names a later epoch', { memberEpoch: 3 })
      await a.say('names an earlier epoch', { memberEpoch: 1 })
      await b.join([topic])
      await a.beat('is told')
      await a.say('names the epoch before', { memberEpoch: 1, topicPartitions: [] })
      await a.beat('has let go', [[topic, 0, 1]])
      await a.say('lost the answer', {
        memberEpoch: 2,
        topicPartitions: [{ topicId: topic.id, partitions: [0, 1] }],
      })
      await a.say('lost the answer and owns more', {
        memberEpoch: 2,
        topicPartitions: [{ topicId: topic.id, partitions: [0, 1, 2] }],
      })
      await a.say('lost the answer and does not say what it owns', { memberEpoch: 2 })
      await a.join([topic], {}, 'joins again')
      await a.beat()
      await new GroupMember((await members(world, [])).client, 'nothing', 'x').beat('in no group')
    },
  },
  {
    name: 'consumer groups: strangers',
    async run(world) {
      const topic = await world.topic()
      const { client, groupId, all } = await members(world, ['a'])
      await all[0].join([topic])
      const stranger = new GroupMember(client, groupId, 'x')
      await stranger.say('sends a heartbeat', { memberEpoch: 2 })
      await stranger.leave()
      await stranger.say('leaves as a static member', { memberEpoch: -1, instanceId: 'i' })
      await stranger.say('is a static member', { memberEpoch: 2, instanceId: 'i' })
      await stranger.join([topic], { subscribedTopicRegex: '[' }, 'joins with a bad pattern')
      await described(client, groupId)
    },
  },
  {
    name: 'consumer groups: joining again while partitions are taken away',
    async run(world) {
      const topic = await world.topic(4)
      const { client, groupId, all } = await members(world, ['a', 'b'])
      const [a, b] = all
      await a.join([topic])
      await b.join([topic])
      await a.beat('is told')
      await a.join([topic], {}, 'joins again, owning nothing')
      await described(client, groupId)
      await b.beat('gets it')
      await settle(client, groupId, all)
      await described(client, groupId, 'stable')
    },
  },
  {
    name: 'consumer groups: two newcomers one after the other, and one who gives up twice',
    async run(world) {
      const topic = await world.topic(6)
      const { client, groupId, all } = await members(world, ['a', 'b', 'c'])
      const [a, b, c] = all
      await a.join([topic])
      await b.join([topic])
      await a.beat('is told of the second')
      await c.join([topic])
      await a.beat('knows nothing of the third')
      await a.beat('lets go for the second', [[topic, 0, 1, 2]])
      await described(client, groupId, 'the first has to let go more')
      await b.beat('waits, or gets')
      await a.beat('lets go for the third', [[topic, 0, 1]])
      await c.beat('gets')
      await b.beat('gets')
      await settle(client, groupId, all)
      await described(client, groupId, 'stable')
    },
  },
  {
    name: 'consumer groups: who does not let go in time is put out',
    async run(world) {
      const topic = await world.topic(4)
      const { client, groupId, all } = await members(world, ['a', 'b'])
      const [a, b] = all
      await a.join([topic], { rebalanceTimeoutMs: 200 })
      await b.join([topic])
      await a.beat('is told')
      await untilMembers(client, groupId, 1)
      await a.beat('is late', [[topic, 0, 1]])
      await b.beat('gets all')
      await described(client, groupId)
    },
  },
  {
    name: 'consumer groups: static members',
    async run(world) {
      const topic = await world.topic(4)
      const { client, groupId, all } = await members(world, ['a', 'b'], { instanceId: 'i' })
      const [a, b] = all
      await a.join([topic])
      await b.join([topic], {}, 'wants the same instance')
      await a.join([topic], {}, 'joins again')
      await b.say('says to be a member', { memberEpoch: 2 })
      await a.say('with another instance', { instanceId: 'j' })
      await a.say('without its instance', { instanceId: null })
      await b.leave()
      await b.leave(-2)
      await a.say('leaves as another instance', { instanceId: 'j', memberEpoch: -2 })
      await a.leave(-2)
      await described(client, groupId, 'it is away')
      await a.say('is back without a word', { memberEpoch: 2 })
      await b.join([topic], {}, 'takes its place')
      await described(client, groupId, 'replaced')
      await b.beat()
      await a.say('is fenced', { memberEpoch: 2 })
      await a.say('is unknown', { memberEpoch: 2, instanceId: null })
      await b.leave()
      await described(client, groupId, 'empty')
    },
  },
  {
    name: 'consumer groups: a static member leaves with something to let go',
    async run(world) {
      const topic = await world.topic(4)
      const client = await world.client()
      const groupId = await newGroup(world, client)
      const a = new GroupMember(client, groupId, 'a', { instanceId: 'one' })
      const b = new GroupMember(client, groupId, 'b', { instanceId: 'two' })
      await a.join([topic])
      await b.join([topic])
      await a.beat('is told')
      await a.leave(-2)
      await described(client, groupId, 'it is away')
      await b.beat('gets it')
      const next = new GroupMember(client, groupId, 'next', { instanceId: 'one' })
      await next.join([topic], {}, 'takes the place')
      await described(client, groupId, 'replaced')
      await next.leave(-2)
      await next.join([], {}, 'comes back with another subscription')
      await described(client, groupId, 'it wants nothing now')
    },
  },
  {
    name: 'consumer groups: a static member is replaced by one that wants something else',
    async run(world) {
      const [one, two] = [await world.topic(2), await world.topic(2)]
      const { client, groupId, all } = await members(world, ['a', 'b'], { instanceId: 'i' })
      const [a, b] = all
      await a.join([one])
      await a.leave(-2)
      await b.join([two], {}, 'takes its place')
      await described(client, groupId, 'replaced')
      await settle(client, groupId, [b])
      await described(client, groupId, 'stable')
    },
  },
  {
    name: 'consumer groups: a dynamic member gets an instance id',
    async run(world) {
      const topic = await world.topic(2)
      const { client, groupId, all } = await members(world, ['a'])
      const [a] = all
      await a.join([topic])
      await a.say('with an instance', { instanceId: 'i' })
      await a.join([topic], { instanceId: 'i' }, 'joins again with an instance')
      await described(client, groupId)
      await a.say('with its instance', { instanceId: 'i' })
    },
  },
  {
    name: 'consumer groups: offsets are committed by members in their epoch',
    async run(world) {
      const topic = await world.topic(2)
      const { client, groupId, all } = await members(world, ['a'])
      const [a] = all
      await client.call(OffsetCommit, 8, committing(groupId, 'a', 1, topic, [0]), 'no group')
      await client.call(OffsetCommit, 9, committing(groupId, 'a', 1, topic, [0]), 'no group')
      await a.join([topic])
      for (const version of [2, 8, 9]) {
        await client.call(
          OffsetCommit,
          version,
          committing(groupId, 'a', a.epoch, topic, [0, 1]),
          'its epoch',
        )
        await client.call(OffsetCommit, version, committing(groupId, 'a', 1, topic, [0]), 'an earlier epoch')
        await client.call(OffsetCommit, version, committing(groupId, 'a', 3, topic, [0]), 'a later epoch')
        await client.call(OffsetCommit, version, committing(groupId, 'a', -1, topic, [0]), 'no epoch')
        await client.call(OffsetCommit, version, committing(groupId, 'x', 2, topic, [0]), 'a stranger')
        await client.call(OffsetCommit, version, committing(groupId, '', -1, topic, [0]), 'nobody')
      }
      const partitions = [{ partitionIndex: 0, committedOffset: 7n, committedMetadata: 'm' }]
      const byId = { topicId: topic.id, partitions }
      const commit = { groupId, memberId: 'a', generationIdOrMemberEpoch: a.epoch, topics: [byId] }
      await client.call(OffsetCommit, 10, commit, 'by id')
      await client.call(OffsetCommit, 10, { ...commit, generationIdOrMemberEpoch: 1 }, 'an earlier epoch')
      await client.call(OffsetCommit, 9, committing(groupId, 'a', a.epoch, topic, [9]), 'no such partition')
      await client.call(
        OffsetCommit,
        9,
        { ...committing(groupId, 'a', a.epoch, topic, [0]), groupInstanceId: 'i' },
        'with an instance that it has not',
      )
      await a.leave()
      await client.call(OffsetCommit, 9, committing(groupId, 'a', 2, topic, [0]), 'after it left')
      await client.call(
        OffsetCommit,
        9,
        committing(groupId, '', -1, topic, [0]),
        'an admin, the group is empty',
      )
      await client.call(
        OffsetCommit,
        5,
        committing(groupId, '', -1, topic, [0]),
        'an admin, the group is empty',
      )
    },
  },
  {
    name: 'consumer groups: commits from an epoch before, while partitions change hands',
    async run(world) {
      const topic = await world.topic(4)
      const { client, groupId, all } = await members(world, ['a', 'b'])
      const [a, b] = all
      const commits = async (memberId: string, epoch: number, say: string) => {
        for (const partition of [0, 3]) {
          const request = committing(groupId, memberId, epoch, topic, [partition])
          await client.call(OffsetCommit, 9, request, `${memberId} in ${epoch}, ${partition}, ${say}`)
        }
      }
      await a.join([topic])
      await b.join([topic])
      await commits('a', 2, 'before it knows')
      await commits('b', 3, 'before it has anything')
      await commits('b', 2, 'before it has anything')
      await a.beat('is told')
      await commits('a', 2, 'before it lets go')
      await a.beat('lets go', [[topic, 0, 1]])
      await commits('a', 2, 'after it let go')
      await commits('a', 3, 'after it let go')
      await client.call(OffsetCommit, 9, committing(groupId, 'a', 2, topic, [0, 3]), 'both at once')
      await b.beat('gets it')
      await commits('b', 2, 'an epoch before')
      await commits('b', 3, 'its epoch')
      const groups = [{ groupId, topics: [{ name: topic.name, partitionIndexes: [0, 1, 3] }] }]
      await client.call(OffsetFetch, 9, { groups })
    },
  },
  {
    name: 'consumer groups: offsets are committed in transactions by members in their epoch',
    async run(world) {
      const topic = await world.topic(4)
      const { groupId, all } = await members(world, ['a', 'b'])
      const [a, b] = all
      const producer = await TestProducer.make(world, 'producer')
      await producer.initQuietly()
      await producer.client.quietly(AddOffsetsToTxn, 3, { ...producer.identity, groupId })
      const partition = {
        partitionIndex: 0,
        committedOffset: 3n,
        committedLeaderEpoch: -1,
        committedMetadata: '',
      }
      const commit = (say: string, memberId: string, generationId: number, more = {}) =>
        producer.client.call(
          TxnOffsetCommit,
          3,
          {
            ...producer.identity,
            groupId,
            memberId,
            generationId,
            topics: [{ name: topic.name, partitions: [partition] }],
            ...more,
          },
          say,
        )
      await commit('no group', 'a', 2)
      await a.join([topic])
      await commit('its epoch', 'a', 2)
      await commit('an earlier epoch', 'a', 1)
      await commit('a later epoch', 'a', 3)
      await commit('no epoch', 'a', -1)
      await commit('a stranger', 'x', 2)
      await commit('nobody', '', -1)
      await commit('nobody of an epoch', '', 2)
      await commit('an instance', 'a', 2, { groupInstanceId: 'i' })
      await b.join([topic])
      await a.beat('is told')
      await a.beat('lets go', [[topic, 0, 1]])
      await commit('an epoch before, since which it has the partition', 'a', 2)
      await producer.end(true)
    },
  },
  {
    name: 'consumer groups: offsets are told to members in their epoch',
    async run(world) {
      const topic = await world.topic(2)
      const { client, groupId, all } = await members(world, ['a'])
      const [a] = all
      const asked = (memberId: string | null, memberEpoch: number) => {
        const topics = [{ name: topic.name, partitionIndexes: [0, 1] }]
        return { groups: [{ groupId, memberId, memberEpoch, topics }] }
      }
      await client.call(OffsetFetch, 9, asked('a', 1), 'no group')
      await a.join([topic])
      await client.quietly(OffsetCommit, 9, committing(groupId, 'a', a.epoch, topic, [0]))
      const claims: [string | null, number][] = [
        ['a', 2],
        ['a', 1],
        ['a', 3],
        ['a', -1],
        ['x', 2],
        ['', -1],
        [null, 2],
        [null, -1],
      ]
      for (const [memberId, epoch] of claims) {
        await client.call(OffsetFetch, 9, asked(memberId, epoch), `${memberId} in ${epoch}`)
        const topics = [{ topicId: topic.id, partitionIndexes: [0] }]
        const groups = [{ groupId, memberId, memberEpoch: epoch, topics }]
        await client.call(OffsetFetch, 10, { groups }, `${memberId} in ${epoch}`)
      }
      await client.call(OffsetFetch, 7, { groupId, topics: null }, 'who cannot say')
      await client.call(OffsetFetch, 8, { groups: [{ groupId, topics: null }] }, 'who cannot say')
      await a.leave()
      await client.call(OffsetFetch, 9, asked('a', 2), 'after it left')
      await client.call(OffsetFetch, 9, asked(null, -1), 'an admin')
    },
  },
  {
    name: 'consumer groups: a topic that appears, grows, goes and comes again',
    async run(world) {
      const client = await world.client()
      const groupId = await newGroup(world, client)
      const name = world.unusedName()
      const a = new GroupMember(client, groupId, 'a')
      await a.join([{ name, id: '' }], {}, 'joins for what is not there')
      await described(client, groupId)
      await create(world, client, name, 1, 'the first')
      await a.beatUntilTold('finds it')
      await client.quietly(CreatePartitions, 3, {
        topics: [{ name, count: 3, assignments: null }],
        timeoutMs: 5000,
      })
      await a.beatUntilTold('finds more')
      await a.beat('knows')
      await described(client, groupId, 'it has grown')
      await client.quietly(DeleteTopics, 5, { topicNames: [name], timeoutMs: 5000 })
      await eventually(async () => {
        const { groups } = await client.quietly(ConsumerGroupDescribe, 1, { groupIds: [groupId] })
        return groups[0].members[0].assignment.topicPartitions.length === 0 ? true : undefined
      })
      await a.beatUntilTold('the topic is gone')
      await a.beat('owns nothing', [])
      await described(client, groupId, 'it is gone')
      await create(world, client, name, 2, 'the second')
      await a.beatUntilTold('finds the new one')
      await described(client, groupId, 'it is back')
    },
  },
  {
    name: 'consumer groups: subscriptions that change',
    async run(world) {
      const [one, two] = [await world.topic(4), await world.topic(2)]
      const { client, groupId, all } = await members(world, ['a'])
      const [a] = all
      await a.join([one])
      await a.join([one], {}, 'joins again as it was')
      await a.join([one, two], {}, 'wants more')
      await a.say('names a rack', { rackId: 'rack' })
      await a.say('subscribes as before', { subscribedTopicNames: [two.name, one.name] })
      await a.say('wants less', { subscribedTopicNames: [two.name] })
      await a.beat('has something of it still', [
        [one, 0],
        [two, 0, 1],
      ])
      await a.beat('has let go', [[two, 0, 1]])
      await described(client, groupId)
      await a.say('owns what it should not', {
        rebalanceTimeoutMs: 30_000,
        subscribedTopicNames: [two.name],
        topicPartitions: [{ topicId: one.id, partitions: [0] }],
      })
      await a.say('wants nothing', { subscribedTopicNames: [] })
      await a.beat('has let go', [])
      await described(client, groupId, 'nothing')
    },
  },
  {
    name: 'consumer groups: members without topics',
    async run(world) {
      const topic = await world.topic(2)
      const { client, groupId, all } = await members(world, ['a', 'b'])
      await all[0].join([])
      await described(client, groupId)
      await all[1].join([topic])
      await all[0].beat()
      await described(client, groupId, 'one of them wants something')
      await all[1].leave()
      await all[0].beat()
      await described(client, groupId, 'and has left')
    },
  },
  {
    name: 'consumer groups: patterns of topics',
    async run(world) {
      const client = await world.client()
      const groupId = await newGroup(world, client)
      const prefix = world.unusedName()
      await create(world, client, `${prefix}-red`, 2, 'red')
      await create(world, client, `${prefix}-blue`, 1, 'blue')
      const a = new GroupMember(client, groupId, 'a')
      const pattern = (subscribedTopicRegex: string) => ({ subscribedTopicNames: null, subscribedTopicRegex })
      await a.join([], pattern(`${prefix}-r.*`), 'joins for a pattern')
      await untilEpoch(client, groupId, 2)
      await described(client, groupId, 'the pattern is known')
      await a.beat('gets what matches')
      await settle(client, groupId, [a])
      await described(client, groupId, 'stable')
      const b = new GroupMember(client, groupId, 'b')
      await b.join([], pattern(`${prefix}-r.*`), 'joins for the same')
      await settle(client, groupId, [a, b])
      await described(client, groupId, 'both')
      await b.say('wants another', pattern(`${prefix}-b(lue|rown)`))
      await untilEpoch(client, groupId, 4)
      await settle(client, groupId, [a, b])
      await described(client, groupId, 'each its own')
      await b.say('wants no pattern', { subscribedTopicRegex: '' })
      await settle(client, groupId, [a, b])
      await described(client, groupId, 'no pattern')
      await a.say('wants a bad one', pattern('('))
      await a.say('wants a name too', { subscribedTopicNames: [`${prefix}-blue`] })
      await settle(client, groupId, [a, b])
      await described(client, groupId, 'a name and a pattern')
    },
  },
  {
    name: 'consumer groups: what is a pattern',
    async run(world) {
      const client = await world.client()
      const patterns = [
        'a',
        '.*',
        'a|b',
        '(a',
        'a)',
        'a**',
        'a+?',
        'a++',
        'a{2}',
        'a{2}{3}',
        'a{1001}',
        'a{3,2}',
        'a{,2}',
        '*a',
        '?',
        '+',
        'a{',
        '}',
        ']',
        '[',
        '[]',
        '[]a]',
        '[^]',
        '[a-',
        '[z-a]',
        '[a-z',
        '[[:alpha:]]',
        '[[:nope:]]',
        '\\',
        '\\d\\D\\w\\W\\s\\S',
        '\\q',
        '\\_',
        '\\-',
        '\\.',
        '\\1',
        '\\12',
        '\\0',
        '\\x41',
        '\\x{41}',
        '\\x{110000}',
        '\\x4',
        '\\pL',
        '\\p{Greek}',
        '\\p{Nope}',
        '\\PN',
        '\\A\\z',
        '\\Z',
        '\\b\\B',
        '\\C',
        '\\Qa.b\\E+',
        '\\Qa',
        '(?i)a',
        '(?i:a)',
        '(?-s:a)',
        '(?x)a',
        '(?P<n>a)',
        '(?P<n>a)(?P<n>b)',
        '(?<n>a)',
        '(?:a)',
        '(?=a)',
        '(?!a)',
        '(?<=a)',
        '(?<!a)',
        '(?>a)',
        '(?)',
        '(?',
        '()',
        '|',
        '^a$',
        '(?P=n)',
        '(?#c)',
        '(?i-)',
        '[\\d-z]',
        '[a\\]b]',
        '(|a)*',
        '(a*)*',
      ]
      const verdicts: Record<string, number> = {}
      for (const pattern of patterns) {
        const request = joining(world.groupId(), 'a', [], {
          subscribedTopicNames: null,
          subscribedTopicRegex: pattern,
        })
        verdicts[pattern] = (await client.quietly(ConsumerGroupHeartbeat, 1, request)).errorCode
      }
      world.note('the errors', verdicts)
    },
  },
  {
    name: 'consumer groups: what patterns match',
    async run(world) {
      const client = await world.client()
      const prefix = world.unusedName()
      const topics = ['red', 'Red', 'blue-2', 'a.b', 'a_c', 'x10']
      for (const topic of topics) await create(world, client, `${prefix}.${topic}`, 1, topic)
      const patterns = [
        'red',
        're',
        '(?i)red',
        '[rR]ed',
        'red|blue-\\d',
        '.*',
        '[^a].*',
        'a\\.b',
        'a.b',
        'a.[bc]',
        '\\w+',
        '\\w+\\d',
        '[[:alpha:]]+',
        '(?:a|x)[._1].?',
        '\\x72ed',
        '\\Qa.b\\E',
        'x\\d{2}',
        'x\\d{3}',
        'x\\d{1,}',
        '(\\w)*\\b-\\b\\d',
        '\\pL+',
        '(r|e|d)+',
        '(?P<any>.)*?',
        '(?U)x.*',
        're(?-i)d',
      ]
      for (const pattern of patterns) {
        const groupId = await newGroup(world, client)
        const a = new GroupMember(client, groupId, 'a')
        const subscribedTopicRegex = `\\Q${prefix}.\\E(?:${pattern})`
        const request = joining(groupId, 'a', [], { subscribedTopicNames: null, subscribedTopicRegex })
        const joined = await client.quietly(ConsumerGroupHeartbeat, 1, request)
        a.epoch = joined.memberEpoch
        const found = await eventually(async () => {
          await settle(client, groupId, [a])
          const { groups } = await client.quietly(ConsumerGroupDescribe, 1, { groupIds: [groupId] })
          return groups[0].groupEpoch > 1 ? groups[0].members[0].assignment.topicPartitions : undefined
        }, 20)
        world.note(pattern, (found ?? []).map(({ topicName }) => topicName).sort())
      }
    },
  },
  {
    name: 'consumer groups: the range assignor',
    async run(world) {
      const [seven, three] = [await world.topic(7), await world.topic(3)]
      const { client, groupId, all } = await members(world, ['a', 'b', 'c'], { serverAssignor: 'range' })
      for (const member of all) {
        await member.join([seven, three])
        await settle(client, groupId, all.slice(0, all.indexOf(member) + 1))
      }
      await described(client, groupId, 'three members')
      await all[1].leave()
      await settle(client, groupId, [all[0], all[2]])
      await described(client, groupId, 'two members')
    },
  },
  {
    name: 'consumer groups: the range assignor with static members and different topics',
    async run(world) {
      const [seven, four] = [await world.topic(7), await world.topic(4)]
      const client = await world.client()
      const groupId = await newGroup(world, client)
      const serverAssignor = 'range'
      const a = new GroupMember(client, groupId, 'a', { serverAssignor })
      const z = new GroupMember(client, groupId, 'z', { serverAssignor, instanceId: 'i2' })
      const y = new GroupMember(client, groupId, 'y', { serverAssignor, instanceId: 'i3' })
      await a.join([seven, four])
      await z.join([seven])
      await y.join([seven, four])
      await settle(client, groupId, [a, z, y])
      await described(client, groupId)
    },
  },
  {
    name: 'consumer groups: which assignor',
    async run(world) {
      const topic = await world.topic(4)
      const { client, groupId, all } = await members(world, ['a', 'b', 'c'])
      const [a, b, c] = all
      await a.join([topic])
      await described(client, groupId, 'the default')
      await b.join([topic], { serverAssignor: 'range' })
      await described(client, groupId, 'one asks for range')
      await c.join([topic], { serverAssignor: 'uniform' })
      await a.say('asks for range', { serverAssignor: 'range' })
      await described(client, groupId, 'two ask for range')
      await a.say('asks for uniform', { serverAssignor: 'uniform' })
      await described(client, groupId, 'two ask for uniform')
    },
  },
  {
    name: 'consumer groups: the uniform assignor moves no more than it has to',
    async run(world) {
      const topic = await world.topic(7)
      const { client, groupId, all } = await members(world, ['a', 'b', 'c', 'd'])
      for (const [index, member] of all.entries()) {
        await member.join([topic])
        await settle(client, groupId, all.slice(0, index + 1))
        await described(client, groupId, `${index + 1} members`)
      }
      for (const index of [0, 1]) {
        await all[index].leave()
        await settle(client, groupId, all.slice(index + 1))
        await described(client, groupId, `${3 - index} members`)
      }
    },
  },
  {
    name: 'consumer groups: the uniform assignor with different topics',
    async run(world) {
      const [one, two] = [await world.topic(4), await world.topic(4)]
      const { client, groupId, all } = await members(world, ['a', 'b'])
      const [a, b] = all
      await a.join([one, two])
      await b.join([two])
      await settle(client, groupId, all)
      const { groups } = await client.quietly(ConsumerGroupDescribe, 1, { groupIds: [groupId] })
      world.note(
        'topics of each',
        groups[0].members.map(({ memberId, assignment }) => ({
          memberId,
          topicPartitions: assignment.topicPartitions.map(({ topicId, partitions }) => ({
            topicId,
            count: partitions.length,
          })),
        })),
      )
    },
  },
  {
    name: 'consumer groups: listed, described and deleted',
    async run(world) {
      const topic = await world.topic(2)
      const { client, groupId, all } = await members(world, ['a', 'b'])
      const [a, b] = all
      const listed = async (version: number, filters: object, say: string) => {
        const { groups, ...rest } = await client.quietly(ListGroups, version, filters)
        const own = groups.filter((one) => one.groupId === groupId)
        world.note(`ListGroups v${version} (${say})`, { ...rest, groups: own })
      }
      await a.join([topic])
      for (let version = 0; version <= 5; version++) await listed(version, {}, 'all')
      await listed(4, { statesFilter: ['Stable'] }, 'stable')
      await listed(4, { statesFilter: ['STABLE', 'nonsense'] }, 'stable in capitals')
      await listed(5, { typesFilter: ['consumer'] }, 'consumer')
      await listed(5, { typesFilter: ['Consumer'], statesFilter: ['empty'] }, 'consumer and empty')
      await listed(5, { typesFilter: ['classic'] }, 'classic')
      await listed(5, { typesFilter: ['classic', 'consumer'] }, 'either')
      await listed(5, { typesFilter: ['share'] }, 'share')
      await b.join([topic])
      await listed(4, { statesFilter: ['Reconciling'] }, 'reconciling')
      await b.leave()
      await listed(4, { statesFilter: ['Assigning'] }, 'assigning')
      for (let version = 0; version <= 6; version++) {
        await client.call(DescribeGroups, version, { groups: [groupId] }, 'as a classic group')
      }
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] }, 'with a member')
      await a.leave()
      await listed(4, { statesFilter: ['Empty'] }, 'empty')
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] }, 'empty')
      await client.call(DeleteGroups, 2, { groupsNames: [groupId] }, 'gone')
      await described(client, groupId, 'gone')
      await client.call(
        ConsumerGroupDescribe,
        1,
        { groupIds: [groupId], includeAuthorizedOperations: true },
        'gone, and what one may do with it',
      )
    },
  },
  {
    name: 'consumer groups: offsets deleted',
    async run(world) {
      const [held, free] = [await world.topic(2), await world.topic()]
      const { client, groupId, all } = await members(world, ['a'])
      const [a] = all
      await a.join([held])
      for (const topic of [held, free]) {
        await client.quietly(OffsetCommit, 9, committing(groupId, 'a', a.epoch, topic, [0]))
      }
      const deleting = (topic: TestTopic, say: string) => {
        const partitions = [{ partitionIndex: 0 }, { partitionIndex: 9 }]
        return client.call(OffsetDelete, 0, { groupId, topics: [{ name: topic.name, partitions }] }, say)
      }
      await deleting(held, 'subscribed')
      await deleting(free, 'not subscribed')
      await deleting({ name: world.unusedName(), id: '' }, 'no such topic')
      await client.call(OffsetFetch, 8, { groups: [{ groupId, topics: null }] }, 'what is left')
      await a.leave()
      await deleting(held, 'empty')
      await client.call(OffsetFetch, 8, { groups: [{ groupId, topics: null }] }, 'nothing is left')
    },
  },
  {
    name: 'consumer groups: requests of the classic protocol',
    async run(world) {
      const topic = await world.topic(2)
      const { client, groupId, all } = await members(world, ['a', 'b'])
      const [a, b] = all
      await a.join([topic])
      await b.join([topic], { instanceId: 'i' })
      const claim = { groupId, generationId: a.epoch, memberId: 'a' }
      await client.call(Heartbeat, 4, claim, 'a member')
      await client.call(Heartbeat, 4, { ...claim, memberId: 'x' }, 'a stranger')
      await client.call(
        SyncGroup,
        5,
        { ...claim, protocolType: 'consumer', protocolName: 'range' },
        'a member',
      )
      await client.call(SyncGroup, 3, { ...claim, memberId: 'x' }, 'a stranger')
      await client.call(
        LeaveGroup,
        5,
        {
          groupId,
          members: [
            { memberId: 'x' },
            { memberId: 'x', groupInstanceId: 'i' },
            { memberId: '', groupInstanceId: 'j' },
          ],
        },
        'strangers',
      )
      await client.call(
        LeaveGroup,
        5,
        {
          groupId,
          members: [{ memberId: 'a' }, { memberId: '', groupInstanceId: 'i' }],
        },
        'members',
      )
      await described(client, groupId, 'empty')
      await client.call(LeaveGroup, 1, { groupId, memberId: 'a' }, 'again')
    },
  },
  {
    name: 'consumer groups: an empty group changes its protocol',
    async run(world) {
      const topic = await world.topic(2)
      const { client, groupId, all } = await members(world, ['a'])
      const [a] = all
      await a.join([topic])
      await client.quietly(OffsetCommit, 9, committing(groupId, 'a', a.epoch, topic, [0]))
      await a.leave()
      const classic = {
        groupId,
        memberId: '',
        sessionTimeoutMs: 30_000,
        rebalanceTimeoutMs: 30_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.from('meta') }],
      }
      const joined = await client.call(JoinGroup, 3, classic, 'a classic member')
      const { memberId } = joined
      world.alias(memberId, 'classic')
      await described(client, groupId, 'it is classic')
      await client.call(DescribeGroups, 6, { groups: [groupId] }, 'it is classic')
      await a.join([topic], {}, 'joins beside a classic member that says nothing of topics')
      await client.call(LeaveGroup, 3, { groupId, members: [{ memberId }] })
      await a.say('says to be a member', { memberEpoch: 1 })
      await a.leave()
      await a.join([topic], {}, 'joins the empty group')
      await described(client, groupId, 'it is a consumer group')
      const groups = [{ groupId, topics: [{ name: topic.name, partitionIndexes: [0, 1] }] }]
      await client.call(OffsetFetch, 8, { groups }, 'offsets stay')
    },
  },
  {
    name: 'consumer groups: a group of offsets alone becomes a consumer group',
    async run(world) {
      const topic = await world.topic(2)
      const { client, groupId, all } = await members(world, ['a'])
      await client.call(OffsetCommit, 9, committing(groupId, '', -1, topic, [0]))
      await client.call(DescribeGroups, 6, { groups: [groupId] })
      await all[0].join([topic])
      await described(client, groupId)
      const groups = [{ groupId, topics: [{ name: topic.name, partitionIndexes: [0, 1] }] }]
      await client.call(OffsetFetch, 8, { groups }, 'offsets stay')
    },
  },
]

/** A topic of that name; its id goes by `the topic SAY`. */
async function create(world: World, client: Teller, name: string, partitions: number, say: string) {
  const topic = { name, numPartitions: partitions, replicationFactor: 1 }
  const { topics } = await client.quietly(CreateTopics, 7, { topics: [topic], timeoutMs: 10_000 })
  world.alias(topics[0].topicId, `the topic ${say}`)
  await untilPartitions(client, name, partitions)
}

/** Waits until the broker has the topic with so many partitions; 0: until it has it no more. */
async function untilPartitions(client: Teller, name: string, count: number) {
  const last = Math.max(0, count - 1)
  await eventually(async () => {
    const { topics } = await client.quietly(ListOffsets, 5, {
      replicaId: -1,
      topics: [{ name, partitions: [{ partitionIndex: last, timestamp: -1n }] }],
    })
    return (topics[0].partitions[0].errorCode === 0) === count > 0 ? true : undefined
  })
}

async function untilMembers(client: Teller, groupId: string, count: number) {
  await eventually(async () => {
    const { groups } = await client.quietly(ConsumerGroupDescribe, 1, { groupIds: [groupId] })
    return groups[0].members.length === count ? true : undefined
  })
}

async function untilEpoch(client: Teller, groupId: string, epoch: number) {
  await eventually(async () => {
    const { groups } = await client.quietly(ConsumerGroupDescribe, 1, { groupIds: [groupId] })
    return groups[0].groupEpoch >= epoch ? true : undefined
  })
}
