import { describe, expect, it } from 'vitest'
import { type ConsumerOptions, checkConsumerOptions } from '../../src/consumer/options.ts'

const topics = ['orders']

describe('the options of a consumer', () => {
  it('have defaults', () => {
    expect(checkConsumerOptions({ topics, groupId: 'g' })).toMatchObject({
      autoOffsetReset: 'earliest',
      isolationLevel: 'read_committed',
      minBytes: 1,
      maxWaitMs: 500,
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 3_000,
      rebalanceTimeoutMs: 300_000,
      autoCommit: true,
      autoCommitIntervalMs: 5_000,
      checkCrcs: true,
      untilEnd: false,
    })
    expect(checkConsumerOptions({ topics }).autoCommit).toBe(false)
  })

  it('take every start position', () => {
    const start = (autoOffsetReset: ConsumerOptions['autoOffsetReset']) =>
      checkConsumerOptions({ topics, autoOffsetReset }).autoOffsetReset
    expect(start('latest')).toBe('latest')
    expect(start('none')).toBe('none')
    expect(start({ offset: 42n })).toEqual({ offset: 42n })
    expect(start({ timestamp: 1000 })).toEqual({ timestamp: 1000 })
    expect(start({ timestamp: new Date(5) })).toEqual({ timestamp: 5 })
  })

  it.each([
    [{}, /give topics to subscribe to, or partitions/],
    [{ topics, partitions: [{ topic: 'a', partition: 0 }] }, /not both/],
    [{ topics, groupID: 'g' }, /no option 'groupID'; did you mean 'groupId'\?/],
    [{ topics: 'orders' }, /topics must be an array of topic names, not 'orders'/],
    [{ topics, autoOffsetReset: { offset: 42 } }, /\{ offset: 42n \}.*not \{"offset":42\}/],
    [{ topics, autoOffsetReset: { timestamp: -1 } }, /autoOffsetReset must start at/],
    [{ topics, autoOffsetReset: 'begin' }, /autoOffsetReset must start at/],
    [{ topics, maxWaitMs: 0.5 }, /maxWaitMs must be an integer/],
    [{ topics, isolationLevel: 'committed' }, /must be one of 'read_committed', 'read_uncommitted'/],
    [{ topics, groupInstanceId: 'me' }, /groupInstanceId is for a member of a group/],
    [{ topics, autoCommit: true }, /autoCommit needs a groupId/],
    [{ topics, groupId: 'g', until: 'end' }, /until 'end' is not for members of a group/],
    [{ topics, until: 'noon' }, /until must be one of 'end'/],
    [{ topics, groupId: 'g', heartbeatIntervalMs: 45_000 }, /must be below sessionTimeoutMs/],
    [
      { partitions: [{ topic: 'a', partition: -1 }] },
      /partitions must be an array of \{ topic, partition \}/,
    ],
    [
      {
        partitions: [
          { topic: 'a', partition: 0 },
          { topic: 'a', partition: 0 },
        ],
      },
      /names a-0 twice/,
    ],
    [{ topics, valueDeserializer: 'json' }, /valueDeserializer must be a function/],
    [{ topics, signal: {} }, /signal must be an AbortSignal/],
  ])('%j is refused', (options, message) => {
    expect(() => checkConsumerOptions(options as ConsumerOptions)).toThrow(message)
  })
})
