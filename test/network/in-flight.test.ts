import { expect, it } from 'vitest'
import { InFlight } from '../../src/network/in-flight.ts'
import { PendingRequest } from '../../src/network/pending-request.ts'
import { Metadata } from '../../src/protocol/messages/metadata.ts'

function request(inFlight: InFlight): PendingRequest {
  return new PendingRequest({
    api: Metadata,
    version: 12,
    correlationId: inFlight.nextCorrelationId(),
    frame: [Buffer.from('frame')],
    expectsResponse: true,
    startedMs: 0,
    timeoutMs: 1000,
    decode: (frame) => frame,
    onFlushed: undefined,
  })
}

it('gives requests back in the order in which they were sent', () => {
  const inFlight = new InFlight()
  const requests = [request(inFlight), request(inFlight), request(inFlight)]
  for (const each of requests) inFlight.add(each)
  expect(inFlight.size).toBe(3)
  for (const each of requests) expect(inFlight.take(each.correlationId)).toBe(each)
  expect(inFlight.size).toBe(0)
})

it('refuses a response that is out of turn, or that nothing was asked for', () => {
  const inFlight = new InFlight()
  expect(() => inFlight.take(1)).toThrow('a response has the correlation id 1 where none was expected')
  const [first, second] = [request(inFlight), request(inFlight)]
  inFlight.add(first)
  inFlight.add(second)
  expect(() => inFlight.take(second.correlationId)).toThrow(
    `a response has the correlation id ${second.correlationId} where ${first.correlationId} was expected`,
  )
  expect(inFlight.size).toBe(2)
})
