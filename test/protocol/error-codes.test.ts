import { describe, expect, it } from 'vitest'
import { ErrorCodes, errorByCode, errorCodes } from '../../src/protocol/error-codes.ts'

describe('error codes', () => {
  it('have one entry each, from -1 up without a gap', () => {
    expect(errorCodes.map(({ code }) => code)).toEqual(errorCodes.map((_, i) => i - 1))
    for (const { code, name } of errorCodes) expect(ErrorCodes[name as keyof typeof ErrorCodes]).toBe(code)
  })

  it('say whether to try again', () => {
    expect(errorByCode(6)).toMatchObject({ name: 'NOT_LEADER_OR_FOLLOWER', retriable: true })
    expect(errorByCode(29)).toMatchObject({ name: 'TOPIC_AUTHORIZATION_FAILED', retriable: false })
  })

  it('have a message of their own each', () => {
    expect(new Set(errorCodes.map(({ message }) => message)).size).toBe(errorCodes.length)
    for (const { message } of errorCodes) expect(message).toMatch(/^[A-Za-z].*[^.]$/)
  })

  it('that are unknown are told by their number', () => {
    const unknown = errorByCode(9999)
    expect(unknown).toMatchObject({ code: 9999, name: 'UNKNOWN_SERVER_ERROR', retriable: false })
    expect(unknown.message).toContain('9999')
  })
})
