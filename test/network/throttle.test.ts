import { expect, it } from 'vitest'
import { throttleTimeMs } from '../../src/network/throttle.ts'
import { apis, Fetch, ListGroups, Metadata, Produce, ShareFetch } from '../../src/protocol/messages/index.ts'

it.each([
  [Produce, 5, 0],
  [Produce, 6, 250],
  [Fetch, 7, 0],
  [Fetch, 8, 250],
  [Metadata, 5, 0],
  [Metadata, 6, 250],
  [ListGroups, 1, 0],
  [ListGroups, 2, 250],
  [ShareFetch, 1, 250],
])('%o: version %i waits for %i ms', (api, version, expected) => {
  expect(throttleTimeMs(api, version, { throttleTimeMs: 250 })).toBe(expected)
})

it('takes no time from a response without throttle time, with none, or with nonsense', () => {
  expect(throttleTimeMs(Produce, 9, {})).toBe(0)
  expect(throttleTimeMs(Produce, 9, { throttleTimeMs: 0 })).toBe(0)
  expect(throttleTimeMs(Produce, 9, { throttleTimeMs: -5 })).toBe(0)
})

it('waits in the latest version of every API', () => {
  for (const api of apis) {
    expect(throttleTimeMs(api, api.request.versions[1], { throttleTimeMs: 1 }), api.name).toBe(1)
  }
})
