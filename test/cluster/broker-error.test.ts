import { describe, expect, test } from 'vitest'
import {
  brokerError,
  invalidatesCoordinator,
  invalidatesMetadata,
  isRetriable,
} from '../../src/cluster/broker-error.ts'
import { ClosedError, ConnectionError, TimeoutError } from '../../src/errors.ts'
import { ErrorCodes, errorCodes } from '../../src/protocol/error-codes.ts'

describe('the error of a code', () => {
  test.each([
    [
      { topic: 'orders', partition: 3, broker: '1 (a:1)' },
      /^fetch of orders\[3\] at broker 1 \(a:1\) failed: NOT_LEADER_OR_FOLLOWER: ./,
    ],
    [{ topic: 'orders' }, /^fetch of orders failed: /],
    [{ groupId: 'g' }, /^fetch of group g failed: /],
    [{}, /^fetch failed: /],
  ])('says what failed, where and why: %j', (context, message) => {
    const error = brokerError(ErrorCodes.NOT_LEADER_OR_FOLLOWER, context, 'fetch')
    expect(error).toMatchObject({ code: 'NOT_LEADER_OR_FOLLOWER', kafkaCode: 6, retriable: true, context })
    expect(error.message).toMatch(message)
  })

  test('that nobody knows is an unknown error, with its number', () => {
    const error = brokerError(12_345, {}, 'fetch')
    expect(error).toMatchObject({ code: 'UNKNOWN_SERVER_ERROR', kafkaCode: 12_345 })
    expect(error.message).toContain('12345')
  })
})

describe('what an error says of what is known', () => {
  test('is about metadata or about a coordinator, never about both', () => {
    const about = (invalidates: (code: number) => boolean) =>
      errorCodes.filter(({ code }) => invalidates(code)).map(({ name }) => name)
    expect(about(invalidatesCoordinator)).toEqual(['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'])
    const metadata = about(invalidatesMetadata)
    for (const name of [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'NOT_LEADER_OR_FOLLOWER',
      'FENCED_LEADER_EPOCH',
      'NOT_CONTROLLER',
      'UNKNOWN_TOPIC_ID',
    ]) {
      expect(metadata).toContain(name)
    }
    expect(metadata).not.toContain('NOT_COORDINATOR')
    expect(metadata).not.toContain('REQUEST_TIMED_OUT')
  })

  test('with which Kafka wants a call to be tried again, in every case', () => {
    for (const { code, name, retriable } of errorCodes) {
      if (invalidatesMetadata(code) || invalidatesCoordinator(code))
        expect([name, retriable]).toEqual([name, true])
    }
  })

  test('of a lost connection or a missing answer is both, of a closed client nothing', () => {
    for (const error of [new ConnectionError('x'), new TimeoutError('x')]) {
      expect([invalidatesMetadata(error), invalidatesCoordinator(error), isRetriable(error)]).toEqual([
        true,
        true,
        true,
      ])
    }
    const closed = new ClosedError('x')
    expect([invalidatesMetadata(closed), invalidatesCoordinator(closed), isRetriable(closed)]).toEqual([
      false,
      false,
      false,
    ])
    const moved = brokerError(ErrorCodes.NOT_COORDINATOR, {}, 'x')
    expect([invalidatesMetadata(moved), invalidatesCoordinator(moved)]).toEqual([false, true])
    expect(isRetriable(new Error('x'))).toBe(false)
  })
})
