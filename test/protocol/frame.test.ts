import { describe, expect, it } from 'vitest'
import {
  correlationIdOf,
  decodeRequestHeader,
  decodeResponse,
  encodeRequestFrame,
  encodeResponseFrame,
} from '../../src/protocol/frame.ts'
import { ApiVersions, apis, Heartbeat, Produce } from '../../src/protocol/messages/index.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { protocolErrorOf } from './support.ts'

describe('a request', () => {
  it('begins with its size, and its header fits its version', () => {
    const old = Buffer.concat(encodeRequestFrame(Heartbeat, 0, 5, 'me', { groupId: 'g' }))
    expect(old.toString('hex')).toBe(`${'00000015'}${'000c0000000000050002'}${'6d65'}${'000167000000000000'}`)
    const flexible = Buffer.concat(encodeRequestFrame(Heartbeat, 4, 5, null, { groupId: 'g' }))
    expect(flexible.readInt32BE(0)).toBe(flexible.length - 4)
    expect(flexible.toString('hex', 4)).toBe(`${'000c000400000005ffff00'}${'02670000000001'}${'0000'}`)
  })

  it('carries large bytes by reference behind its size', () => {
    const records = Buffer.alloc(4000)
    const pieces = encodeRequestFrame(Produce, 9, 1, 'me', {
      topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
    })
    expect(pieces).toContain(records)
    expect(pieces[0]!.readInt32BE(0)).toBe(Buffer.concat(pieces).length - 4)
  })

  it('is read again by its header, for each API and version', () => {
    for (const api of apis) {
      for (let version = api.request.versions[0]; version <= api.request.versions[1]; version++) {
        const reader = new Reader(Buffer.concat(encodeRequestFrame(api, version, 77, 'me', {})), 4)
        expect(decodeRequestHeader(reader)).toEqual({
          apiKey: api.key,
          version,
          correlationId: 77,
          clientId: 'me',
        })
        api.request.decode(reader, version)
        expect(reader.remaining()).toBe(0)
      }
    }
  })

  it('of a version that is newer than ours still has a header that is read', () => {
    const frame = Buffer.concat(encodeRequestFrame(ApiVersions, 4, 9, 'me', {}))
    frame.writeInt16BE(99, 6)
    const reader = new Reader(frame, 4)
    expect(decodeRequestHeader(reader)).toMatchObject({ apiKey: 18, version: 99, correlationId: 9 })
  })
})

describe('a response', () => {
  it('is read again, for each API and version', () => {
    for (const api of apis) {
      for (let version = api.response.versions[0]; version <= api.response.versions[1]; version++) {
        const frame = Buffer.concat(encodeResponseFrame(api, version, 77, {})).subarray(4)
        expect(correlationIdOf(frame)).toBe(77)
        expect(decodeResponse(api, version, frame)).toBeTypeOf('object')
      }
    }
  })

  it('of ApiVersions has the oldest header in every version', () => {
    const frame = Buffer.concat(encodeResponseFrame(ApiVersions, 4, 1, {}))
    expect(frame.toString('hex')).toBe('0000000c000000010000010000000000')
  })

  it('with bytes left over or missing is an error', () => {
    const frame = Buffer.concat(encodeResponseFrame(Heartbeat, 4, 1, {})).subarray(4)
    expect(
      protocolErrorOf(() => decodeResponse(Heartbeat, 4, Buffer.concat([frame, Buffer.alloc(3)]))).message,
    ).toContain('HeartbeatResponse v4: 3 bytes are left over')
    protocolErrorOf(() => decodeResponse(Heartbeat, 4, frame.subarray(0, -1)))
    protocolErrorOf(() => decodeResponse(Heartbeat, 4, Buffer.alloc(0)))
  })
})
