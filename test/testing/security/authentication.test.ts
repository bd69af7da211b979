import { afterEach, describe, expect, test } from 'vitest'
import {
  ApiVersions,
  DescribeCluster,
  ListGroups,
  Metadata,
  SaslAuthenticate,
  SaslHandshake,
} from '../../../src/protocol/messages/index.ts'
import { type Broker, type BrokerOptions, startBroker } from '../../../src/testing/index.ts'
import { HungUpError, RawClient } from '../support/raw-client.ts'
import { ScramClient } from '../support/scram-client.ts'

let broker: Broker | undefined
const clients: RawClient[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await broker?.close()
})

async function start(options: BrokerOptions): Promise<Broker> {
  broker = await startBroker(options)
  return broker
}

async function connect(): Promise<RawClient> {
  const client = await RawClient.connect(broker!.brokers[0])
  clients.push(client)
  return client
}

async function say(client: RawClient, mechanism: string, authBytes: Buffer) {
  await client.call(SaslHandshake, 1, { mechanism })
  return client.call(SaslAuthenticate, 2, { authBytes })
}

const alice = Buffer.from('\0alice\0secret')
const users = { alice: 'secret' }

describe('a login', () => {
  test('holds for as long as the broker says, and can be renewed', async () => {
    await start({ sasl: { users, maxReauthMs: 10_000 } })
    const [renewing, idle] = [await connect(), await connect()]
    for (const client of [renewing, idle]) {
      expect((await say(client, 'PLAIN', alice)).sessionLifetimeMs).toBe(10_000n)
    }
    await broker!.time.advance('9s')
    expect((await say(renewing, 'PLAIN', alice)).errorCode).toBe(0)
    await idle.call(DescribeCluster, 0, {})
    await broker!.time.advance('2s')
    await renewing.call(DescribeCluster, 0, {})
    await expect(idle.call(DescribeCluster, 0, {})).rejects.toThrow(HungUpError)
    await broker!.time.advance('9s')
    await expect(renewing.call(DescribeCluster, 0, {})).rejects.toThrow(HungUpError)
  })

  test('ends with the token that it was made with', async () => {
    const verify = (token: string) =>
      token === 'good' ? { principal: 'User:carol', expiresAtMs: broker!.time.now() + 5000 } : null
    await start({ sasl: { oauthbearer: { verify } } })
    const client = await connect()
    const message = (token: string) => Buffer.from(`n,,\x01auth=Bearer ${token}\x01\x01`)
    const { sessionLifetimeMs } = await say(client, 'OAUTHBEARER', message('good'))
    expect(Number(sessionLifetimeMs)).toBeGreaterThan(4000)
    expect(Number(sessionLifetimeMs)).toBeLessThanOrEqual(5000)
    await broker!.time.advance('6s')
    await expect(client.call(DescribeCluster, 0, {})).rejects.toThrow(HungUpError)
    const other = await connect()
    expect((await say(other, 'OAUTHBEARER', message('bad'))).authBytes.toString()).toBe(
      '{"status":"invalid_token"}',
    )
  })

  test('with a verify function that throws is refused', async () => {
    const verify = () => Promise.reject(new Error('no connection to the directory'))
    await start({ sasl: { oauthbearer: { verify } } })
    const answer = await say(await connect(), 'OAUTHBEARER', Buffer.from('n,,\x01auth=Bearer x\x01\x01'))
    expect(answer.authBytes.toString()).toBe('{"status":"invalid_token"}')
  })

  test.each([
    ['SCRAM-SHA-256', 'sha256'],
    ['SCRAM-SHA-512', 'sha512'],
  ] as const)('with the password of the options by %s', async (mechanism, digest) => {
    await start({ sasl: { users, mechanisms: [mechanism] } })
    const client = await connect()
    const scram = new ScramClient(digest, 'alice', 'secret')
    const first = await say(client, mechanism, scram.first())
    const last = await client.call(SaslAuthenticate, 2, { authBytes: scram.final(first.authBytes) })
    expect(last.authBytes.toString()).toBe(scram.verifier())
    await client.call(DescribeCluster, 0, {})
  })

  test('needs a nonce of its own each time', async () => {
    await start({ sasl: { users, mechanisms: ['SCRAM-SHA-256'] } })
    const scram = new ScramClient('sha256', 'alice', 'secret')
    const client = await connect()
    const first = await say(client, 'SCRAM-SHA-256', scram.first())
    const stolen = scram.final(first.authBytes)
    const other = await connect()
    await say(other, 'SCRAM-SHA-256', scram.first())
    expect((await other.call(SaslAuthenticate, 2, { authBytes: stolen })).errorCode).toBe(58)
  })
})

test('who is not let in yet sends no large requests', async () => {
  await start({ sasl: { users } })
  const client = await connect()
  const frame = Buffer.alloc(4 + 524_289)
  frame.writeInt32BE(524_289)
  client.write(frame)
  await client.closed
})

test('ApiVersions tells of logins', async () => {
  await start({ sasl: { users } })
  const client = await connect()
  const { apiKeys } = await client.call(ApiVersions, 2, {})
  expect(apiKeys.find(({ apiKey }) => apiKey === 36)).toMatchObject({ minVersion: 0, maxVersion: 2 })
})

test('where nobody has to log in, nobody can', async () => {
  await start({})
  const client = await connect()
  expect((await client.call(SaslHandshake, 1, { mechanism: 'PLAIN' })).errorCode).toBe(34)
  expect((await client.call(SaslAuthenticate, 2, { authBytes: alice })).errorCode).toBe(34)
  await client.call(ListGroups, 4, {})
})

test('who comes without a login is User:ANONYMOUS to an authorizer', async () => {
  await start({ topics: { orders: 1 }, authorizer: true })
  const { topics } = await (await connect()).call(Metadata, 9, { topics: null })
  expect(topics).toEqual([])
  await broker!.close()
  await start({ topics: { orders: 1 }, authorizer: { superUsers: ['User:ANONYMOUS'] } })
  const all = await (await connect()).call(Metadata, 9, { topics: null })
  expect(all.topics.map(({ name }) => name)).toEqual(['orders'])
})

describe('options that cannot be', () => {
  test.each([
    [{ sasl: { mechanisms: ['KERBEROS'] } }, /no mechanism 'KERBEROS'/],
    [{ sasl: { mechanisms: [] } }, /must name one or more/],
    [{ sasl: { users: { alice: '' } } }, /'alice' needs a password/],
    [{ sasl: { user: {} } }, /did you mean 'users'/],
    [{ sasl: { maxReauthMs: 0 } }, /maxReauthMs must be an integer/],
    [{ authorizer: { superUsers: ['admin'] } }, /no principal as 'User:admin'/],
    [{ tls: { key: 1, cert: '' } }, /key must be PEM/],
  ])('%j', async (options, message) => {
    await expect(startBroker(options as unknown as BrokerOptions)).rejects.toThrow(message)
  })

  test('a client of our own that cannot log in yet', async () => {
    await start({ sasl: { users } })
    expect(() => broker!.kafka()).toThrow(/cannot log in yet/)
  })
})
