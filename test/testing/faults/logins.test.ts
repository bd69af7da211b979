/** Rules about the requests by which clients log in. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  ApiVersions,
  Metadata,
  SaslAuthenticate,
  SaslHandshake,
} from '../../../src/protocol/messages/index.ts'
import type { Broker } from '../../../src/testing/index.ts'
import { HungUpError, type RawClient } from '../support/raw-client.ts'
import { askMetadata, Bench } from './support.ts'

let bench: Bench
let broker: Broker
let client: RawClient

beforeEach(async () => {
  bench = new Bench()
  broker = await bench.start({ sasl: { mechanisms: ['PLAIN'], users: { alice: 'secret' } } })
  client = await bench.connect(broker)
})

afterEach(() => bench[Symbol.asyncDispose]())

const handshake = () => client.call(SaslHandshake, 1, { mechanism: 'PLAIN' })
const authenticate = (password = 'secret') =>
  client.call(SaslAuthenticate, 1, { authBytes: Buffer.from(`\0alice\0${password}`) })

test('a handshake can fail', async () => {
  broker.faults.on({ api: 'SaslHandshake', nth: 1 }).fail('UNSUPPORTED_SASL_MECHANISM')
  expect((await handshake()).errorCode).toBe(33)
  expect((await handshake()).errorCode).toBe(0)
})

test('an authentication can fail although the password is right', async () => {
  const rule = broker.faults.on({ api: 'SaslAuthenticate' }).fail('SASL_AUTHENTICATION_FAILED')
  await handshake()
  const { errorCode, errorMessage } = await authenticate()
  expect(errorCode).toBe(58)
  expect(errorMessage).toContain(`met the rule ${rule}`)
})

test('an authentication can be slow, and lets its client in', async () => {
  const slow = broker.faults.on({ api: 'SaslAuthenticate' }).trickle({ bytes: 4, everyMs: 1 })
  const late = broker.faults.on({ api: 'SaslHandshake' }).delay('10ms')
  await handshake()
  expect((await authenticate()).errorCode).toBe(0)
  expect((await askMetadata(client)).topics[0].errorCode).toBe(0)
  expect([slow.acted, late.acted]).toEqual([1, 1])
})

test('a connection can be cut in the middle of it', async () => {
  broker.faults.on({ api: 'SaslAuthenticate' }).disconnectAfterHandling()
  await handshake()
  await expect(authenticate()).rejects.toThrow(HungUpError)
})

test('while there are rules that do not match, who is wrong is turned away and others are let in', async () => {
  broker.faults.on({ api: 'Metadata', nth: 9 }).disconnect()
  await client.call(ApiVersions, 3, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' })
  await handshake()
  expect((await authenticate('guess')).errorCode).toBe(58)
  await client.closed
  client = await bench.connect(broker)
  await handshake()
  await authenticate()
  expect((await client.call(Metadata, 9, { topics: [] })).clusterId).toBe(broker.clusterId)
})
