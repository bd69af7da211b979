import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/errors.ts'
import { FrameSplitter } from '../../src/network/frame-splitter.ts'

function framed(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(body.length)
      return [length, body]
    }),
  )
}

/** Feeds a stream as reads of at most the given sizes, which repeat. */
function feed(splitter: FrameSplitter, stream: Buffer, sizes: readonly number[] = [stream.length]): void {
  for (let start = 0, read = 0; start < stream.length; read++) {
    const target = splitter.readBuffer()
    expect(target.length).toBeGreaterThan(0)
    const length = Math.min(target.length, sizes[read % sizes.length], stream.length - start)
    target.set(stream.subarray(start, start + length))
    start += length
    splitter.received(length)
  }
}

function collector(slabBytes: number, maxFrameBytes = 1 << 20) {
  const frames: Buffer[] = []
  const splitter = new FrameSplitter({ maxFrameBytes, slabBytes, onFrame: (frame) => frames.push(frame) })
  return { frames, splitter }
}

describe('FrameSplitter', () => {
  it('gives the same frames however the stream is cut, and leaves those that it gave as they are', () => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ minLength: 60, maxLength: 300 }),
    )
    const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(
        fc.array(body, { maxLength: 30 }),
        sizes,
        fc.integer({ min: 8, max: 200 }),
        (bodies, cuts, slab) => {
          const { frames, splitter } = collector(slab)
          feed(splitter, framed(bodies), cuts)
          // Looked at only now: a slab that were written to again would show.
          expect(frames.map((frame) => frame.toString('hex'))).toEqual(
            bodies.map((bytes) => Buffer.from(bytes).toString('hex')),
          )
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('reads a large frame straight into memory of its own size', () => {
    const { frames, splitter } = collector(64)
    const body = Buffer.alloc(5000, 1)
    const stream = framed([body])
    feed(splitter, stream.subarray(0, 64))
    expect(splitter.readBuffer().length).toBe(5000 - 60)
    feed(splitter, stream.subarray(64))
    expect(frames).toEqual([body])
    expect(frames[0].buffer.byteLength).toBe(5000)
  })

  it('reads nothing of the next frame into the memory of a large one', () => {
    const { frames, splitter } = collector(64)
    feed(splitter, framed([Buffer.alloc(500, 1), Buffer.from('next'), Buffer.alloc(500, 2)]))
    expect(frames.map((frame) => frame.length)).toEqual([500, 4, 500])
    expect(frames[1].toString()).toBe('next')
  })

  it('reads little behind a large frame, until small ones come in numbers', () => {
    const { frames, splitter } = collector(800)
    feed(splitter, framed([Buffer.alloc(5000)]))
    expect(splitter.readBuffer().length).toBe(100)
    feed(splitter, framed([Buffer.alloc(30)]))
    expect(splitter.readBuffer().length).toBe(100)
    feed(splitter, framed([Buffer.alloc(96), Buffer.alloc(1)]))
    expect(splitter.readBuffer().length).toBeGreaterThan(100)
    expect(frames.map(({ length }) => length)).toEqual([5000, 30, 96, 1])
  })

  it('gives small frames of one read as views over the same memory', () => {
    const { frames, splitter } = collector(1024)
    feed(splitter, framed([Buffer.from('a'), Buffer.from('b'), Buffer.from('')]))
    expect(frames.map(String)).toEqual(['a', 'b', ''])
    expect(frames[1].buffer).toBe(frames[0].buffer)
  })

  it.each([
    ['negative', Buffer.from('ffffffff', 'hex'), /length of -1 is negative/],
    ['above the limit', Buffer.from('00001001', 'hex'), /length of 4097 is above the limit of 4096 bytes$/],
    ['a TLS alert', Buffer.from('15030300020228', 'hex'), /the other side speaks TLS/],
    ['an HTTP response', Buffer.from('HTTP/1.1 400 Bad Request'), /the other side speaks HTTP/],
  ])('refuses a length that is %s', (_, stream, message) => {
    const { frames, splitter } = collector(1024, 4096)
    const act = () => feed(splitter, stream)
    expect(act).toThrow(ProtocolError)
    expect(frames).toEqual([])
    expect(() => feed(collector(1024, 4096).splitter, stream)).toThrow(message)
  })

  it('takes a frame of exactly the limit', () => {
    const { frames, splitter } = collector(64, 4096)
    feed(splitter, framed([Buffer.alloc(4096)]))
    expect(frames[0].length).toBe(4096)
  })
})
