import { expect, test } from 'vitest'
import {
  ApiVersions,
  CreateDelegationToken,
  DescribeDelegationToken,
  ExpireDelegationToken,
  Fetch,
  GetTelemetrySubscriptions,
  PushTelemetry,
  RenewDelegationToken,
  SaslAuthenticate,
  SaslHandshake,
} from '../../../src/protocol/messages/index.ts'
import { handlers } from '../../../src/testing/apis/index.ts'
import { failedAnswers } from '../../../src/testing/faults/failed-answers.ts'
import { guards } from '../../../src/testing/security/guards/guarded.ts'

/** What everybody may ask, or what looks by itself at who asks. */
const unguarded = [
  ApiVersions,
  SaslHandshake,
  SaslAuthenticate,
  GetTelemetrySubscriptions,
  PushTelemetry,
  CreateDelegationToken,
  RenewDelegationToken,
  ExpireDelegationToken,
  DescribeDelegationToken,
  Fetch,
].map(({ key }) => key)

test('every API is guarded, or said to be none of the guards business', () => {
  const open = [...handlers.keys()].filter((key) => !guards.has(key))
  expect(open.filter((key) => !unguarded.includes(key))).toEqual([])
})

test('every guard knows how its API says that a request is refused', () => {
  expect([...guards.keys()].filter((key) => !failedAnswers.has(key))).toEqual([])
})
