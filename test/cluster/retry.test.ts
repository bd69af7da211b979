import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { brokerError } from '../../src/cluster/broker-error.ts'
import { type RetryingOptions, RetryPolicy, retrying } from '../../src/cluster/retry.ts'
import { waitFor } from '../../src/cluster/waiting.ts'
import { ClosedError, ConnectionError, KafkaError } from '../../src/errors.ts'
import { ErrorCodes } from '../../src/protocol/error-codes.ts'
import { Deadline } from '../../src/runtime/deadline.ts'
import { VirtualWorld } from '../network/support/virtual-world.ts'

const randomly = (unit: number) => ({ unit: () => unit, bytes: (length: number) => Buffer.alloc(length) })

describe('a policy', () => {
  test('doubles its pauses up to the longest one', () => {
    const policy = new RetryPolicy(randomly(0.5), 100, 1000)
    expect([1, 2, 3, 4, 5, 6, 1000].map((failures) => policy.delayMs(failures))).toEqual([
      100, 200, 400, 800, 1000, 1000, 1000,
    ])
  })

  test('varies them by a fifth in both directions', () => {
    expect(new RetryPolicy(randomly(0), 100, 1000).delayMs(1)).toBeCloseTo(80)
    expect(new RetryPolicy(randomly(0.999_999), 100, 1000).delayMs(1)).toBeCloseTo(120, 3)
    fc.assert(
      fc.property(
        fc.nat(10_000),
        fc.nat(100_000),
        fc.nat(),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (first, more, failures, unit) => {
          const delayMs = new RetryPolicy(randomly(unit), first, first + more).delayMs(failures)
          expect(delayMs).toBeGreaterThanOrEqual(first * 0.8 - 1e-6)
          expect(delayMs).toBeLessThanOrEqual((first + more) * 1.2 + 1e-6)
        },
      ),
    )
  })
})

describe('retrying', () => {
  function setUp(more: Partial<RetryingOptions> = {}) {
    const world = new VirtualWorld()
    const policy = new RetryPolicy(world.random, 100, 1000)
    const deadline = Deadline.in(world.clock, 1000)
    return { world, options: { runtime: world, policy, deadline, what: 'the work', ...more } }
  }

  const lost = () => new ConnectionError('lost', { context: { broker: '1 (a:1)' } })

  test('goes on until it succeeds, and tells of each failure', async () => {
    const failures: [string, number][] = []
    const { world, options } = setUp({
      onRetry: (error, attempts) => failures.push([error.message, attempts]),
    })
    const result = retrying(options, async (attempts) => {
      if (attempts < 3) throw lost()
      return attempts
    })
    await world.advance(299)
    expect(failures).toEqual([
      ['lost', 1],
      ['lost', 2],
    ])
    await world.advance(1)
    expect(await result).toBe(3)
  })

  test('ends when the deadline leaves no time for another pause', async () => {
    const { world, options } = setUp()
    const result = retrying(options, async () => {
      throw lost()
    }).catch((error) => error)
    await world.advance(700)
    expect(await result).toMatchObject({
      code: 'TIMEOUT',
      retriable: true,
      message: 'the work failed after 4 attempts in 0.7 s, the last one: lost',
      context: { broker: '1 (a:1)', attempts: 4, elapsedMs: 700 },
      cause: { message: 'lost' },
    })
    expect(world.waitingTimers).toBe(0)
  })

  test('gives the last error that says something, not that the time was up', async () => {
    const { world, options } = setUp()
    const result = retrying(options, async (attempts) => {
      if (attempts === 1) throw lost()
      return waitFor(world, new Promise(() => {}), { what: 'the answer', deadline: options.deadline })
    }).catch((error) => error)
    await world.advance(1000)
    expect(await result).toMatchObject({
      context: { attempts: 2, elapsedMs: 1000 },
      cause: { message: 'lost' },
    })
  })

  test.each([
    ['is not retriable', new KafkaError('X', 'no')],
    ['is none of ours', new TypeError('a bug')],
  ])('ends at once with an error that %s', async (_, error) => {
    const { options } = setUp()
    let attempts = 0
    const result = retrying(options, async () => {
      attempts++
      throw error
    })
    await expect(result).rejects.toBe(error)
    expect(attempts).toBe(1)
  })

  test('ends with its signal, before an attempt and within a pause', async () => {
    const stop = new AbortController()
    const { world, options } = setUp({ signal: stop.signal })
    const result = retrying(options, async () => {
      throw lost()
    }).catch((error) => error)
    await world.advance(50)
    stop.abort(new Error('enough'))
    expect(await result).toMatchObject({
      code: 'ABORTED',
      message: 'the work was aborted by its signal',
      cause: { message: 'enough' },
    })
    expect(world.waitingTimers).toBe(0)
    await expect(retrying(options, async () => 'never')).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('ends with its owner, with the error that the owner gives', async () => {
    const closing = new AbortController()
    const { world, options } = setUp({ closing: closing.signal })
    const result = retrying(options, async () => {
      throw lost()
    }).catch((error) => error)
    await world.advance(50)
    const reason = new ClosedError('closed')
    closing.abort(reason)
    expect(await result).toBe(reason)
    await expect(retrying(options, async () => 'never')).rejects.toBe(reason)
    expect(world.waitingTimers).toBe(0)
  })

  test('takes broker errors at their word', async () => {
    const { world, options } = setUp()
    const result = retrying(options, async (attempts) => {
      if (attempts === 1) throw brokerError(ErrorCodes.NOT_COORDINATOR, {}, 'work')
      throw brokerError(ErrorCodes.GROUP_AUTHORIZATION_FAILED, { groupId: 'g' }, 'work')
    }).catch((error) => error)
    await world.advance(100)
    expect(await result).toMatchObject({ code: 'GROUP_AUTHORIZATION_FAILED', context: { groupId: 'g' } })
  })
})
