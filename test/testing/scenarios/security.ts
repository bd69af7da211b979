import { setTimeout as sleep } from 'node:timers/promises'
import { encodeRequestFrame } from '../../../src/protocol/frame.ts'
import {
  AlterUserScramCredentials,
  ApiVersions,
  DescribeCluster,
  DescribeUserScramCredentials,
  Heartbeat,
  ListGroups,
  Metadata,
  SaslAuthenticate,
  SaslHandshake,
} from '../../../src/protocol/messages/index.ts'
import { ScramClient, salted } from '../support/scram-client.ts'
import { as, asNobody, passwords } from '../support/secured.ts'
import { type Scenario, type Teller, until } from '../support/world.ts'

const software = { clientSoftwareName: 'raw', clientSoftwareVersion: '1' }

function plain(name: string, password = passwords[name], authorizationId = ''): Buffer {
  return Buffer.from(`${authorizationId}\0${name}\0${password}`)
}

function jwt(claims: object, header: object = { alg: 'none' }): string {
  return `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
}

function bearer(token: string, header = 'n,,'): Buffer {
  return Buffer.from(`${header}\x01auth=Bearer ${token}\x01\x01`)
}

function nowSeconds(): number {
  return Date.now() / 1000
}

/** A raw message of a mechanism, as clients send it after SaslHandshake v0. */
function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(message.length)
  return Buffer.concat([length, message])
}

function handshake(client: Teller, mechanism: string, version = 1) {
  return client.call(SaslHandshake, version, { mechanism }, mechanism)
}

/** Says that the connection is closed, once it is. */
async function isClosed(client: Teller, note: (say: string, answer: string) => void): Promise<void> {
  const gone = client.closed.then(() => 'closed')
  const answer = await Promise.race([gone, sleep(5000).then(() => 'still open')])
  note('the connection', answer)
}

export const loginScenarios: Scenario[] = [
  {
    name: 'security: versions, handshake and login in every version',
    async run(world) {
      for (let version = 0; version <= 2; version++) {
        const client = await world.client(`client ${version}`, asNobody)
        await client.quietly(ApiVersions, version + 2, software)
        await handshake(client, 'PLAIN')
        await client.call(SaslAuthenticate, version, { authBytes: plain('alice') })
        await client.call(DescribeCluster, 0, {})
      }
    },
  },
  {
    name: 'security: a login in raw frames',
    async run(world) {
      const client = await world.client('client', asNobody)
      await handshake(client, 'PLAIN', 0)
      await client.callBytes(framed(plain('alice')), 'the name and the password')
      await client.call(DescribeCluster, 0, {})
      const wrong = await world.client('wrong', asNobody)
      await handshake(wrong, 'PLAIN', 0)
      await wrong.callBytes(framed(plain('alice', 'nonsense')), 'a wrong password')
    },
  },
  {
    name: 'security: requests before a login',
    async run(world) {
      const early = await world.client('early', asNobody)
      await early.callHopeless(Metadata, 9, { topics: [] })
      const hasty = await world.client('hasty', asNobody)
      await hasty.callHopeless(SaslAuthenticate, 2, { authBytes: plain('alice') })
      const after = await world.client('after versions', asNobody)
      await after.quietly(ApiVersions, 3, software)
      await after.callHopeless(Metadata, 9, { topics: [] })
    },
  },
  {
    name: 'security: versions asked for twice before a login',
    async run(world) {
      const client = await world.client('client', asNobody)
      await client.quietly(ApiVersions, 3, software)
      await client.callHopeless(ApiVersions, 3, software, 'again')
      const wrong = await world.client('wrong', asNobody)
      const message = { clientSoftwareName: '-', clientSoftwareVersion: '' }
      await wrong.call(ApiVersions, 3, message, 'without a name')
      await wrong.call(ApiVersions, 3, message, 'without a name, again')
      await wrong.quietly(ApiVersions, 3, software)
      await handshake(wrong, 'PLAIN')
    },
  },
  {
    name: 'security: mechanisms that there are not',
    async run(world) {
      for (const [version, mechanism] of [
        [0, 'GSSAPI'],
        [1, 'GSSAPI'],
        [1, ''],
        [1, 'plain'],
      ] as const) {
        const client = await world.client(`${mechanism} v${version}`, asNobody)
        await handshake(client, mechanism, version)
        await isClosed(client, (say, answer) => world.note(say, answer))
      }
    },
  },
  {
    name: 'security: handshakes and requests in the middle of a login',
    async run(world) {
      const twice = await world.client('twice', asNobody)
      await handshake(twice, 'PLAIN')
      await twice.callHopeless(SaslHandshake, 1, { mechanism: 'PLAIN' }, 'again')
      await isClosed(twice, (say, answer) => world.note(say, answer))
      const other = await world.client('other', asNobody)
      await handshake(other, 'PLAIN')
      await other.callHopeless(Heartbeat, 4, { groupId: 'g', generationId: 1, memberId: 'm' })
      await isClosed(other, (say, answer) => world.note(say, answer))
      const listing = await world.client('listing', asNobody)
      await handshake(listing, 'PLAIN')
      await listing.callHopeless(ListGroups, 4, {})
      const asking = await world.client('asking', asNobody)
      await handshake(asking, 'PLAIN')
      await asking.callHopeless(Metadata, 5, { topics: [{ name: 'nothing' }] })
      const again = await world.client('again', asNobody)
      await handshake(again, 'PLAIN')
      await again.callHopeless(ApiVersions, 3, software)
    },
  },
  {
    name: 'security: handshakes and messages after a login',
    async run(world) {
      const client = await world.client('client', as('alice'))
      await client.call(SaslAuthenticate, 2, { authBytes: plain('alice') })
      await client.call(SaslAuthenticate, 1, { authBytes: Buffer.alloc(0) })
      await client.call(DescribeCluster, 0, {})
    },
  },
  {
    name: 'security: logging in again',
    async run(world) {
      const client = await world.client('client', as('alice'))
      await handshake(client, 'PLAIN')
      await client.call(SaslAuthenticate, 2, { authBytes: plain('alice') }, 'again')
      await client.call(DescribeCluster, 0, {})
      await handshake(client, 'PLAIN')
      await client.call(SaslAuthenticate, 2, { authBytes: plain('alice') }, 'too soon')
      await client.call(DescribeCluster, 0, {})
    },
  },
  {
    name: 'security: logging in again as somebody else',
    async run(world) {
      const client = await world.client('client', as('alice'))
      await handshake(client, 'PLAIN')
      await client.call(SaslAuthenticate, 2, { authBytes: plain('bob') })
      await isClosed(client, (say, answer) => world.note(say, answer))
    },
  },
  {
    name: 'security: logging in again in another way',
    async run(world) {
      const client = await world.client('client', as('alice'))
      await client.callHopeless(SaslHandshake, 1, { mechanism: 'OAUTHBEARER' }, 'another mechanism')
      const token = jwt({ sub: 'alice', exp: nowSeconds() + 600 })
      await client.callHopeless(SaslAuthenticate, 2, { authBytes: bearer(token) })
      await isClosed(client, (say, answer) => world.note(say, answer))
    },
  },
  {
    name: 'security: PLAIN with wrong names and passwords',
    async run(world) {
      const messages: [string, Buffer][] = [
        ['a wrong password', plain('alice', 'nonsense')],
        ['an unknown user', plain('nobody', 'nonsense')],
        ['no name', plain('', 'secret')],
        ['no password', plain('alice', '')],
        ['two parts', Buffer.from('alice\0alice-secret')],
        ['four parts', Buffer.from('\0alice\0alice-secret\0')],
        ['nothing', Buffer.alloc(0)],
        ['for somebody else', plain('alice', passwords.alice, 'bob')],
        ['for herself', plain('alice', passwords.alice, 'alice')],
      ]
      for (const [say, authBytes] of messages) {
        const client = await world.client('client', asNobody)
        await handshake(client, 'PLAIN')
        await client.call(SaslAuthenticate, 1, { authBytes }, say)
      }
      const closing = await world.client('closing', asNobody)
      await handshake(closing, 'PLAIN')
      await closing.call(SaslAuthenticate, 2, { authBytes: plain('alice', 'nonsense') })
      await isClosed(closing, (say, answer) => world.note(say, answer))
    },
  },
  {
    name: 'security: OAUTHBEARER with tokens that are not valid',
    async run(world) {
      const now = nowSeconds()
      const messages: [string, Buffer][] = [
        ['expired', bearer(jwt({ sub: 'alice', exp: now - 10 }))],
        ['without a name', bearer(jwt({ exp: now + 600 }))],
        ['without an end', bearer(jwt({ sub: 'alice' }))],
        ['issued in the future', bearer(jwt({ sub: 'alice', iat: now + 100, exp: now + 600 }))],
        ['a text for an end', bearer(jwt({ sub: 'alice', exp: `${now + 600}` }))],
        ['signed', bearer(jwt({ sub: 'alice', exp: now + 600 }, { alg: 'HS256' }))],
        ['with a signature', bearer(`${jwt({ sub: 'alice', exp: now + 600 })}c2lnbmVk`)],
        ['two parts', bearer(jwt({ sub: 'alice', exp: now + 600 }).slice(0, -1))],
        ['no JSON', bearer('bm90aGluZw.bm90aGluZw.')],
        ['not base64', bearer('a+b.c+d.')],
        ['no token', Buffer.from('n,,\x01auth=Bearer \x01\x01')],
        ['no auth', Buffer.from('n,,\x01host=me\x01\x01')],
        ['unended', Buffer.from(`n,,\x01auth=Bearer ${jwt({ sub: 'alice', exp: now + 600 })}\x01`)],
        ['no header', Buffer.from(`auth=Bearer ${jwt({ sub: 'alice', exp: now + 600 })}\x01\x01`)],
        ['nothing', Buffer.alloc(0)],
        ['for somebody else', bearer(jwt({ sub: 'alice', exp: now + 600 }), 'n,a=bob,')],
      ]
      for (const [say, authBytes] of messages) {
        const client = await world.client('client', asNobody)
        await handshake(client, 'OAUTHBEARER')
        const { errorCode } = await client.call(SaslAuthenticate, 0, { authBytes }, say)
        if (errorCode !== 0) continue
        await client.callHopeless(SaslAuthenticate, 0, { authBytes: Buffer.from([1]) }, 'understood')
      }
      const basic = await world.client('basic', asNobody)
      await handshake(basic, 'OAUTHBEARER')
      const authBytes = Buffer.from('n,,\x01auth=Basic abc\x01\x01')
      await basic.callHopeless(SaslAuthenticate, 0, { authBytes })
    },
  },
  {
    name: 'security: OAUTHBEARER with tokens that are valid',
    async run(world) {
      const exp = nowSeconds() + 600
      const messages: [string, Buffer][] = [
        ['a name and an end', bearer(jwt({ sub: 'alice', exp }))],
        ['issued in the past', bearer(jwt({ sub: 'alice', iat: exp - 900, exp }))],
        ['for herself', bearer(jwt({ sub: 'alice', exp }), 'n,a=alice,')],
        [
          'with an extension',
          Buffer.from(`n,,\x01auth=bearer ${jwt({ sub: 'alice', exp })}\x01host=me\x01\x01`),
        ],
      ]
      for (const [say, authBytes] of messages) {
        const client = await world.client('client', asNobody)
        await handshake(client, 'OAUTHBEARER')
        await client.call(SaslAuthenticate, 2, { authBytes }, say)
        await client.call(DescribeCluster, 0, {})
      }
    },
  },
  {
    name: 'security: a login that is over',
    async run(world) {
      const client = await world.client('client', asNobody)
      await handshake(client, 'OAUTHBEARER')
      await client.call(SaslAuthenticate, 0, {
        authBytes: bearer(jwt({ sub: 'alice', exp: nowSeconds() + 1 })),
      })
      await client.call(DescribeCluster, 0, {})
      await sleep(1500)
      await client.callHopeless(DescribeCluster, 0, {}, 'too late')
    },
  },
  {
    name: 'security: a login that is over and begun anew',
    async run(world) {
      const client = await world.client('client', asNobody)
      await handshake(client, 'OAUTHBEARER')
      await client.call(SaslAuthenticate, 0, {
        authBytes: bearer(jwt({ sub: 'alice', exp: nowSeconds() + 1 })),
      })
      await sleep(1500)
      await handshake(client, 'OAUTHBEARER')
      const token = jwt({ sub: 'alice', exp: nowSeconds() + 600 })
      await client.call(SaslAuthenticate, 2, { authBytes: bearer(token) }, 'again')
      await client.call(DescribeCluster, 0, {})
    },
  },
  {
    name: 'security: SCRAM',
    async run(world) {
      const admin = await world.client('admin')
      const salt = Buffer.from('some salt for all')
      const saltedPassword = salted('sha512', 'pencil', salt, 4096)
      const upsertion = { name: 'scrambled', mechanism: 2, iterations: 4096, salt, saltedPassword }
      await admin.quietly(AlterUserScramCredentials, 0, { upsertions: [upsertion] })
      await until(async () => {
        const users = [{ name: 'scrambled' }]
        const { results } = await admin.quietly(DescribeUserScramCredentials, 0, { users })
        return results[0].errorCode === 0
      })
      const attempts: [string, ScramClient][] = [
        ['right', new ScramClient('sha512', 'scrambled', 'pencil')],
        ['for herself', new ScramClient('sha512', 'scrambled', 'pencil', { header: 'n,a=scrambled,' })],
        ['with an extension', new ScramClient('sha512', 'scrambled', 'pencil', { extensions: ',x=y' })],
        ['a wrong password', new ScramClient('sha512', 'scrambled', 'crayon')],
        ['an unknown user', new ScramClient('sha512', 'nobody', 'pencil')],
        ['for somebody else', new ScramClient('sha512', 'scrambled', 'pencil', { header: 'n,a=bob,' })],
        ['an unknown token', new ScramClient('sha512', 'x', 'y', { extensions: ',tokenauth=true' })],
      ]
      for (const [say, scram] of attempts) {
        const client = await world.client(say, asNobody)
        await handshake(client, 'SCRAM-SHA-512')
        const first = await client.call(SaslAuthenticate, 2, { authBytes: scram.first() }, 'first')
        if (first.errorCode !== 0) continue
        const authBytes = scram.final(first.authBytes)
        world.alias(scram.brokerNonce, 'nonce')
        world.alias(scram.verifier(), 'verifier')
        const final = await client.call(SaslAuthenticate, 2, { authBytes }, 'final')
        if (final.errorCode !== 0) continue
        await client.call(DescribeCluster, 0, {})
      }
    },
  },
  {
    name: 'security: SCRAM messages that are none',
    async run(world) {
      const firsts = [
        '',
        'n,,',
        'n,,n=alice',
        'y,,n=alice,r=abc',
        'n,,n=a=b,r=abc',
        'n,,n=,r=abc',
        'n,,n=alice,r=a b',
      ]
      for (const text of firsts) {
        const client = await world.client('client', asNobody)
        await handshake(client, 'SCRAM-SHA-256')
        await client.call(SaslAuthenticate, 2, { authBytes: Buffer.from(text) }, JSON.stringify(text))
      }
    },
  },
  {
    name: 'security: a request that cannot be read before a login',
    async run(world) {
      const client = await world.client('client', asNobody)
      await client.callBytes(Buffer.from('0000000400120063', 'hex'), 'half a header')
      const future = await world.client('future', asNobody)
      const frame = encodeRequestFrame(SaslHandshake, 1, 1, 'raw', { mechanism: 'PLAIN' })
      const bytes = Buffer.concat(frame)
      bytes.writeInt16BE(9, 6)
      await future.callBytes(bytes, 'SaslHandshake v9')
    },
  },
]
