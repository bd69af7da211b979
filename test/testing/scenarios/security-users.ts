import type { Draft } from '../../../src/protocol/message.ts'
import {
  AlterClientQuotas,
  type AlterClientQuotasRequest,
  AlterUserScramCredentials,
  type AlterUserScramCredentialsRequest,
  CreateDelegationToken,
  DescribeClientQuotas,
  type DescribeClientQuotasRequest,
  DescribeDelegationToken,
  DescribeUserScramCredentials,
  ExpireDelegationToken,
  RenewDelegationToken,
  SaslAuthenticate,
  SaslHandshake,
} from '../../../src/protocol/messages/index.ts'
import { ScramClient, salted } from '../support/scram-client.ts'
import { as, asNobody } from '../support/secured.ts'
import { type Scenario, type Teller, until, type World } from '../support/world.ts'

const sha256 = 1
const sha512 = 2
const salt = Buffer.from('a salt')
const saltedPassword = salted('sha256', 'pencil', salt, 4096)
const aDayMs = 86_400_000n

/** A user with a name of its own, which goes by `user-NAME` in the transcript. */
function userOf(world: World, name: string): string {
  const user = `${world.unusedName()}-${name}`
  world.alias(user, `user-${name}`)
  return user
}

/** Waits until a change that was made to a user has come to the broker. */
async function settled(admin: Teller, name: string, isThere: boolean): Promise<void> {
  await until(async () => {
    const { results } = await admin.quietly(DescribeUserScramCredentials, 0, { users: [{ name }] })
    return (results[0].errorCode === 0) === isThere
  })
}

function scramScenario(name: string, run: (world: World, admin: Teller) => Promise<void>): Scenario {
  return { name: `security: ${name}`, run: async (world) => run(world, await world.client('admin')) }
}

async function logIn(world: World, say: string, scram: ScramClient): Promise<Teller | undefined> {
  const client = await world.client(say, asNobody)
  await client.quietly(SaslHandshake, 1, { mechanism: 'SCRAM-SHA-256' })
  const first = await client.quietly(SaslAuthenticate, 2, { authBytes: scram.first() })
  if (first.errorCode !== 0) {
    world.note(`${say}: is not let in`, first.errorCode)
    return undefined
  }
  const authBytes = scram.final(first.authBytes)
  const final = await client.quietly(SaslAuthenticate, 2, { authBytes })
  world.note(`${say}: is let in`, final.errorCode)
  return final.errorCode === 0 ? client : undefined
}

type Quotas = Draft<AlterClientQuotasRequest['entries'][0]>[]

/** The quotas of these entities as they are now. */
async function quotasOf(
  client: Teller,
  filter: Draft<DescribeClientQuotasRequest>,
  say: string,
): Promise<void> {
  await client.call(DescribeClientQuotas, 1, filter, say)
}

export const userScenarios: Scenario[] = [
  scramScenario('SCRAM users altered', async (world, admin) => {
    const user = userOf(world, 'a')
    const other = userOf(world, 'b')
    const good = { name: user, mechanism: sha256, iterations: 4096, salt, saltedPassword }
    const alter = (say: string, message: Draft<AlterUserScramCredentialsRequest>) =>
      admin.call(AlterUserScramCredentials, 0, message, say)
    await alter('made for two mechanisms', { upsertions: [good, { ...good, mechanism: sha512 }] })
    await alter('made', { upsertions: [good] })
    await alter('made for another mechanism', {
      upsertions: [{ ...good, mechanism: sha512, iterations: 8192 }],
    })
    await until(async () => {
      const { results } = await admin.quietly(DescribeUserScramCredentials, 0, { users: [{ name: user }] })
      return results[0].credentialInfos.length === 2
    })
    await admin.call(DescribeUserScramCredentials, 0, { users: [{ name: user }] })
    await alter('too few iterations', { upsertions: [{ ...good, iterations: 4095 }] })
    await alter('too many iterations', { upsertions: [{ ...good, iterations: 16_385 }] })
    await alter('an unknown mechanism', { upsertions: [{ ...good, mechanism: 3 }] })
    await alter('no name', { upsertions: [{ ...good, name: '' }] })
    await alter('twice', { upsertions: [good, good] })
    await alter('made and deleted', { upsertions: [good], deletions: [{ name: user, mechanism: sha256 }] })
    await alter('deleted that is not there', { deletions: [{ name: other, mechanism: sha256 }] })
    await alter('deleted in an unknown mechanism', { deletions: [{ name: user, mechanism: 0 }] })
    await alter('one right and one wrong for one user', {
      upsertions: [good],
      deletions: [{ name: user, mechanism: 9 }],
    })
    await alter('one user right and one wrong', {
      upsertions: [
        { ...good, name: other },
        { ...good, iterations: 1 },
      ],
    })
    await settled(admin, other, true)
    await alter('deleted', { deletions: [{ name: user, mechanism: sha256 }] })
    await alter('deleted for another mechanism', { deletions: [{ name: user, mechanism: sha512 }] })
    await settled(admin, user, false)
    await alter('nothing', {})
    await admin.call(DescribeUserScramCredentials, 0, { users: [{ name: user }, { name: other }] })
    await admin.call(DescribeUserScramCredentials, 0, { users: [{ name: other }, { name: other }] }, 'twice')
  }),
  scramScenario('SCRAM users log in with what was set last', async (world, admin) => {
    const name = userOf(world, 'a')
    const set = async (password: string) => {
      const secret = salted('sha256', password, salt, 4096)
      const credential = { name, mechanism: sha256, iterations: 4096, salt, saltedPassword: secret }
      await admin.call(AlterUserScramCredentials, 0, { upsertions: [credential] }, password)
      await settled(admin, name, true)
    }
    await set('pencil')
    await logIn(world, 'with a pencil', new ScramClient('sha256', name, 'pencil'))
    await admin.call(AlterUserScramCredentials, 0, { deletions: [{ name, mechanism: sha256 }] }, 'deleted')
    await settled(admin, name, false)
    await logIn(world, 'deleted', new ScramClient('sha256', name, 'pencil'))
    await set('crayon')
    await logIn(world, 'with a crayon', new ScramClient('sha256', name, 'crayon'))
    await logIn(world, 'with a pencil again', new ScramClient('sha256', name, 'pencil'))
  }),
  {
    name: 'security: quotas altered and described',
    async run(world) {
      const admin = await world.client('admin')
      const user = userOf(world, 'a')
      const entity = [{ entityType: 'user', entityName: user }]
      const both = [...entity, { entityType: 'client-id', entityName: 'c' }]
      const rate = (key: string, value: number, remove = false) => ({ key, value, remove })
      const alter = (say: string, entries: Quotas, validateOnly = false) =>
        admin.call(AlterClientQuotas, 1, { entries, validateOnly }, say)
      await alter('two quotas', [
        { entity, ops: [rate('producer_byte_rate', 1000), rate('consumer_byte_rate', 2000)] },
      ])
      await alter('of a user and a client', [{ entity: both, ops: [rate('request_percentage', 50.5)] }])
      await alter('only tried', [{ entity, ops: [rate('producer_byte_rate', 5)] }], true)
      await until(async () => {
        const components = [{ entityType: 'user', matchType: 0, match: user }]
        const { entries } = await admin.quietly(DescribeClientQuotas, 1, { components, strict: false })
        return entries?.length === 2
      })
      const exactly = { entityType: 'user', matchType: 0, match: user }
      await quotasOf(admin, { components: [exactly], strict: false }, 'not strict')
      await quotasOf(admin, { components: [exactly], strict: true }, 'strict')
      const anyClient = { entityType: 'client-id', matchType: 2, match: null }
      await quotasOf(admin, { components: [exactly, anyClient], strict: true }, 'of any client')
      const defaultClient = { entityType: 'client-id', matchType: 1, match: null }
      await quotasOf(admin, { components: [exactly, defaultClient], strict: true }, 'of the default client')
      await alter('removed', [{ entity, ops: [rate('producer_byte_rate', 0, true)] }])
      await alter('removed that is not there', [{ entity, ops: [rate('request_percentage', 0, true)] }])
      await until(async () => {
        const answer = await admin.quietly(DescribeClientQuotas, 1, { components: [exactly], strict: true })
        return answer.entries?.[0]?.values.length === 1
      })
      await quotasOf(admin, { components: [exactly], strict: true }, 'what is left')
    },
  },
  {
    name: 'security: quotas that cannot be',
    async run(world) {
      const admin = await world.client('admin')
      const name = userOf(world, 'a')
      const user = { entityType: 'user', entityName: name }
      const op = { key: 'producer_byte_rate', value: 1000, remove: false }
      const alter = (say: string, entity: Quotas[0]['entity'], ops: Quotas[0]['ops'] = [op]) =>
        admin.call(AlterClientQuotas, 0, { entries: [{ entity, ops }] }, say)
      await alter('an unknown type', [{ entityType: 'planet', entityName: 'mars' }])
      await alter('no entity', [])
      await alter('a type twice', [user, user])
      await alter('a user and an address', [user, { entityType: 'ip', entityName: '127.0.0.1' }])
      await alter('an address that is none', [{ entityType: 'ip', entityName: 'x y' }])
      await alter('a quota of users for an address', [{ entityType: 'ip', entityName: '127.0.0.1' }])
      await alter('an unknown quota', [user], [{ ...op, key: 'colour' }])
      await alter('no name', [{ entityType: 'user', entityName: '' }])
      await alter('nothing', [user], [{ ...op, value: 0 }])
      await alter('less than nothing', [user], [{ ...op, value: -1 }])
      await alter('half a byte', [user], [{ ...op, value: 1.5 }])
      await alter('a quota twice', [user], [op, { ...op, value: 5 }])
      await alter('a rate of connections for a user', [user], [{ ...op, key: 'connection_creation_rate' }])
      await admin.call(AlterClientQuotas, 1, {
        entries: [
          { entity: [user], ops: [op] },
          { entity: [user], ops: [op] },
        ],
      })
      const describe = (
        say: string,
        components: Draft<DescribeClientQuotasRequest>['components'],
        strict = false,
      ) => admin.call(DescribeClientQuotas, 0, { components, strict }, say)
      await describe('an unknown type', [{ entityType: 'planet', matchType: 0, match: 'mars' }])
      await describe('an unknown match', [{ entityType: 'user', matchType: 7, match: name }])
      await describe('a type twice', [
        { entityType: 'user', matchType: 0, match: name },
        { entityType: 'user', matchType: 0, match: name },
      ])
      await describe('exactly nothing', [{ entityType: 'user', matchType: 0, match: null }])
      await describe('a default with a name', [{ entityType: 'user', matchType: 1, match: name }])
      await describe('a user and an address', [
        { entityType: 'user', matchType: 0, match: name },
        { entityType: 'ip', matchType: 2, match: null },
      ])
    },
  },
  {
    name: 'security: delegation tokens made, renewed and ended',
    async run(world) {
      const owner = await world.client('mallory', as('mallory'))
      const stranger = await world.client('nina', as('nina'))
      const renewer = await world.client('oscar', as('oscar'))
      const renewers = [{ principalType: 'User', principalName: 'oscar' }]
      const { hmac, tokenId } = await owner.quietly(CreateDelegationToken, 3, {
        renewers,
        maxLifetimeMs: -1n,
      })
      world.alias(tokenId, 'token')
      world.alias(hmac.toString('hex'), 'hmac')
      await until(async () => {
        const { tokens } = await owner.quietly(DescribeDelegationToken, 3, { owners: null })
        return tokens.length > 0
      })
      const describe = (client: Teller, say = '', version = 3) =>
        client.call(DescribeDelegationToken, version, { owners: null }, say)
      await describe(owner)
      await describe(owner, 'an older version', 2)
      await describe(renewer)
      await describe(stranger)
      const owners = [{ principalType: 'User', principalName: 'mallory' }]
      await stranger.call(DescribeDelegationToken, 3, { owners }, 'of somebody else')
      await owner.call(DescribeDelegationToken, 3, { owners: [] }, 'of nobody')
      await renewer.call(RenewDelegationToken, 2, { hmac, renewPeriodMs: aDayMs })
      await owner.call(RenewDelegationToken, 2, { hmac, renewPeriodMs: -1n })
      await stranger.call(RenewDelegationToken, 2, { hmac, renewPeriodMs: -1n })
      await owner.call(RenewDelegationToken, 2, { hmac: Buffer.from('none'), renewPeriodMs: -1n }, 'unknown')
      await stranger.call(ExpireDelegationToken, 2, { hmac, expiryTimePeriodMs: -1n })
      await owner.call(
        ExpireDelegationToken,
        2,
        { hmac: Buffer.from('none'), expiryTimePeriodMs: -1n },
        'unknown',
      )
      const password = hmac.toString('base64')
      const scram = () => new ScramClient('sha256', tokenId, password, { extensions: ',tokenauth=true' })
      const holder = await logIn(world, 'the holder', scram())
      await describe(holder!)
      await holder!.call(CreateDelegationToken, 3, { renewers: [], maxLifetimeMs: -1n }, 'with a token')
      await holder!.call(RenewDelegationToken, 2, { hmac, renewPeriodMs: -1n }, 'with a token')
      await holder!.call(ExpireDelegationToken, 2, { hmac, expiryTimePeriodMs: -1n }, 'with a token')
      await logIn(world, 'without saying that it is a token', new ScramClient('sha256', tokenId, password))
      await owner.call(ExpireDelegationToken, 2, { hmac, expiryTimePeriodMs: 60_000n }, 'in a minute')
      await owner.call(ExpireDelegationToken, 2, { hmac, expiryTimePeriodMs: -1n }, 'now')
      await until(async () => {
        const { tokens } = await owner.quietly(DescribeDelegationToken, 3, { owners: null })
        return tokens.length === 0
      })
      await logIn(world, 'too late', scram())
      await owner.call(RenewDelegationToken, 2, { hmac, renewPeriodMs: -1n }, 'gone')
    },
  },
  {
    name: 'security: delegation tokens that cannot be',
    async run(world) {
      const client = await world.client('peggy', as('peggy'))
      const create = (say: string, message: object) =>
        client.call(CreateDelegationToken, 3, { renewers: [], maxLifetimeMs: -1n, ...message }, say)
      await create('a renewer that is no user', {
        renewers: [{ principalType: 'Group', principalName: 'all' }],
      })
      await create('for somebody else', { ownerPrincipalType: 'User', ownerPrincipalName: 'alice' })
      await create('for what is no user', { ownerPrincipalType: 'Group', ownerPrincipalName: 'all' })
    },
  },
]
