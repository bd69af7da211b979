import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Acl,
  type Operation,
  operationCodes,
  patternTypeCodes,
  permissionCodes,
  resourceTypeCodes,
} from '../../../src/testing/security/acls/acl.ts'
import { AclTable } from '../../../src/testing/security/acls/acl-table.ts'
import { Authorizer } from '../../../src/testing/security/acls/authorizer.ts'

const alice = { principal: 'User:alice', host: '10.0.0.1' }
const settings = { superUsers: ['User:root'], allowEveryoneIfNoAclFound: false }

function acl(fields: Partial<Acl> = {}): Acl {
  return {
    resourceType: resourceTypeCodes.topic,
    resourceName: 'orders',
    patternType: patternTypeCodes.literal,
    principal: 'User:alice',
    host: '*',
    operation: operationCodes.read,
    permissionType: permissionCodes.allow,
    ...fields,
  }
}

function authorizer(acls: readonly Acl[], more: Partial<typeof settings> = {}): Authorizer {
  const table = new AclTable()
  for (const one of acls) table.add(one)
  return new Authorizer(table, { ...settings, ...more })
}

const operations = Object.keys(operationCodes).filter((name) => name !== 'all') as Operation[]
const names = ['orders', 'orders-eu', 'ord', 'payments', '*']
const arbitraryAcl = fc.record({
  resourceType: fc.constant<number>(resourceTypeCodes.topic),
  resourceName: fc.constantFrom(...names),
  patternType: fc.constantFrom<number>(patternTypeCodes.literal, patternTypeCodes.prefixed),
  principal: fc.constantFrom('User:alice', 'User:bob', 'User:*'),
  host: fc.constantFrom('*', '10.0.0.1', '10.0.0.2'),
  operation: fc.constantFrom<number>(...Object.values(operationCodes)),
  permissionType: fc.constantFrom<number>(permissionCodes.deny, permissionCodes.allow),
})
const arbitraryAcls = fc.array(arbitraryAcl, { maxLength: 12 })
const topics = fc.constantFrom('orders', 'orders-eu', 'ord', 'payments')
const operation = fc.constantFrom(...operations)

describe('what ACLs allow', () => {
  test('names, prefixes and everything', () => {
    const literal = authorizer([acl()])
    expect(literal.may(alice, 'read', 'topic', 'orders')).toBe(true)
    expect(literal.may(alice, 'read', 'topic', 'orders-eu')).toBe(false)
    expect(literal.may(alice, 'read', 'group', 'orders')).toBe(false)
    const prefixed = authorizer([acl({ patternType: patternTypeCodes.prefixed })])
    expect(prefixed.may(alice, 'read', 'topic', 'orders-eu')).toBe(true)
    expect(prefixed.may(alice, 'read', 'topic', 'ord')).toBe(false)
    const everything = authorizer([acl({ resourceName: '*' })])
    expect(everything.may(alice, 'read', 'topic', 'payments')).toBe(true)
    const star = authorizer([acl({ resourceName: '*', patternType: patternTypeCodes.prefixed })])
    expect(star.may(alice, 'read', 'topic', 'payments')).toBe(false)
  })

  test('principals and hosts', () => {
    expect(authorizer([acl({ principal: 'User:*' })]).may(alice, 'read', 'topic', 'orders')).toBe(true)
    expect(authorizer([acl({ principal: 'Group:*' })]).may(alice, 'read', 'topic', 'orders')).toBe(false)
    expect(authorizer([acl({ host: '10.0.0.1' })]).may(alice, 'read', 'topic', 'orders')).toBe(true)
    expect(authorizer([acl({ host: '10.0.0.2' })]).may(alice, 'read', 'topic', 'orders')).toBe(false)
  })

  test('an operation that others imply', () => {
    for (const [wanted, implying] of [
      ['describe', ['describe', 'read', 'write', 'delete', 'alter']],
      ['describeConfigs', ['describeConfigs', 'alterConfigs']],
    ] as const) {
      for (const held of operations) {
        const may = authorizer([acl({ operation: operationCodes[held] })]).may(
          alice,
          wanted,
          'topic',
          'orders',
        )
        expect(may, `${held} for ${wanted}`).toBe((implying as readonly string[]).includes(held))
      }
    }
  })

  test('where there are no ACLs', () => {
    const open = { allowEveryoneIfNoAclFound: true }
    expect(authorizer([]).may(alice, 'read', 'topic', 'orders')).toBe(false)
    expect(authorizer([], open).may(alice, 'read', 'topic', 'orders')).toBe(true)
    expect(authorizer([], open).mayWithAny(alice, 'write', 'topic')).toBe(true)
    const others = [acl({ principal: 'User:bob' })]
    expect(authorizer(others, open).may(alice, 'read', 'topic', 'orders')).toBe(false)
  })
})

describe('with any ACLs', () => {
  test('a denial wins', () => {
    fc.assert(
      fc.property(arbitraryAcls, topics, operation, fc.boolean(), (acls, topic, wanted, isForAll) => {
        const denial = acl({
          resourceName: topic,
          operation: isForAll ? operationCodes.all : operationCodes[wanted],
          permissionType: permissionCodes.deny,
        })
        expect(authorizer([...acls, denial]).may(alice, wanted, 'topic', topic)).toBe(false)
      }),
    )
  })

  test('super users may do everything', () => {
    fc.assert(
      fc.property(arbitraryAcls, topics, operation, (acls, topic, wanted) => {
        const root = { principal: 'User:root', host: '10.0.0.1' }
        expect(authorizer(acls).may(root, wanted, 'topic', topic)).toBe(true)
        expect(authorizer(acls).mayWithAny(root, wanted, 'topic')).toBe(true)
      }),
    )
  })

  test('one more allowance takes nothing away, one more denial gives nothing', () => {
    fc.assert(
      fc.property(arbitraryAcls, arbitraryAcl, topics, operation, (acls, added, topic, wanted) => {
        const before = authorizer(acls).may(alice, wanted, 'topic', topic)
        const after = authorizer([...acls, added]).may(alice, wanted, 'topic', topic)
        expect(added.permissionType === permissionCodes.allow ? !before || after : before || !after).toBe(
          true,
        )
      }),
    )
  })

  test('what may be done with some topic may be done with any', () => {
    fc.assert(
      fc.property(arbitraryAcls, topics, operation, (acls, topic, wanted) => {
        const exactly = acls.filter(
          ({ operation: code }) => code === operationCodes.all || code === operationCodes[wanted],
        )
        const some = authorizer(exactly)
        if (some.may(alice, wanted, 'topic', topic))
          expect(some.mayWithAny(alice, wanted, 'topic')).toBe(true)
      }),
    )
  })

  test('the order of ACLs says nothing, and a repetition neither', () => {
    fc.assert(
      fc.property(arbitraryAcls, topics, operation, (acls, topic, wanted) => {
        const mixed = [...acls].reverse().concat(acls)
        expect(authorizer(mixed).may(alice, wanted, 'topic', topic)).toBe(
          authorizer(acls).may(alice, wanted, 'topic', topic),
        )
      }),
    )
  })
})
