import type { Draft } from '../../../src/protocol/message.ts'
import type { AclCreation } from '../../../src/protocol/messages/create-acls.ts'
import {
  CreateAcls,
  DeleteAcls,
  DescribeAcls,
  type DescribeAclsRequest,
} from '../../../src/protocol/messages/index.ts'
import {
  any,
  operationCodes,
  patternTypeCodes,
  resourceTypeCodes,
} from '../../../src/testing/security/acls/acl.ts'
import { aclOf } from '../support/acls.ts'
import { type Scenario, type Teller, until } from '../support/world.ts'

function filter(fields: Draft<DescribeAclsRequest>): Draft<DescribeAclsRequest> {
  return {
    resourceTypeFilter: any,
    resourceNameFilter: null,
    patternTypeFilter: any,
    principalFilter: null,
    hostFilter: null,
    operation: any,
    permissionType: any,
    ...fields,
  }
}

async function created(admin: Teller, user: string, count: number): Promise<void> {
  await until(async () => {
    const { resources } = await admin.quietly(DescribeAcls, 3, filter({ principalFilter: `User:${user}` }))
    return resources.flatMap(({ acls }) => acls).length === count
  })
}

export const aclScenarios: Scenario[] = [
  {
    name: 'security: ACLs made, described and deleted',
    async run(world) {
      const admin = await world.client('admin')
      const user = world.unusedName()
      const principalFilter = `User:${user}`
      const topic = `${user}-topic`
      const creations = [
        aclOf(user, { may: 'read', on: 'topic', name: topic }),
        aclOf(user, { mayNot: 'write', on: 'topic', name: topic, host: '10.0.0.1' }),
        aclOf(user, { may: 'all', on: 'topic', name: `${user}-`, isPrefix: true }),
        aclOf(user, { may: 'describe', on: 'topic', name: '*' }),
        aclOf(user, { may: 'read', on: 'group', name: '*' }),
        aclOf(user, { may: 'alter', on: 'cluster' }),
        aclOf(user, { may: 'describe', on: 'delegationToken', name: 'token' }),
        aclOf(user, { may: 'write', on: 'transactionalId', name: 'tx' }),
        aclOf(user, { may: 'createTokens', on: 'user', name: 'User:x' }),
      ]
      await admin.call(CreateAcls, 3, { creations })
      await admin.call(CreateAcls, 3, { creations: creations.slice(0, 1) }, 'again')
      await created(admin, user, creations.length)
      const describe = (say: string, fields: Draft<DescribeAclsRequest>, version = 3) =>
        admin.call(DescribeAcls, version, filter({ principalFilter, ...fields }), say)
      for (let version = 1; version <= 3; version++) await describe('all', {}, version)
      await describe('of topics', { resourceTypeFilter: resourceTypeCodes.topic })
      await describe('of a name', { resourceNameFilter: topic })
      const { match, literal, prefixed } = patternTypeCodes
      const byName = { resourceTypeFilter: resourceTypeCodes.topic, resourceNameFilter: topic }
      await describe('that take in a name', { ...byName, patternTypeFilter: match })
      await describe('of literal names', { ...byName, patternTypeFilter: literal })
      await describe('of prefixes', { ...byName, patternTypeFilter: prefixed })
      await describe('that allow to read', { operation: operationCodes.read })
      await describe('of a host', { hostFilter: '10.0.0.1' })
      await describe('of nobody', { principalFilter: 'User:nobody' })
      await admin.call(DeleteAcls, 3, {
        filters: [
          filter({ principalFilter, resourceTypeFilter: resourceTypeCodes.group }),
          filter({ principalFilter, operation: operationCodes.read }),
          filter({ principalFilter, hostFilter: '10.0.0.2' }),
        ],
      })
      await created(admin, user, creations.length - 2)
      await describe('what is left', {})
      await admin.call(DeleteAcls, 1, { filters: [filter({ principalFilter })] }, 'all')
      await created(admin, user, 0)
    },
  },
  {
    name: 'security: ACLs that cannot be',
    async run(world) {
      const admin = await world.client('admin')
      const user = world.unusedName()
      const good = aclOf(user, { may: 'read', on: 'topic', name: 'a' })
      const create = (say: string, fields: Draft<AclCreation>) =>
        admin.call(CreateAcls, 3, { creations: [{ ...good, ...fields }] }, say)
      await create('no name', { resourceName: '' })
      await create('another cluster', { resourceType: resourceTypeCodes.cluster, resourceName: 'mine' })
      await create('any resource', { resourceType: any })
      await create('any pattern', { resourcePatternType: any })
      await create('a pattern of filters', { resourcePatternType: patternTypeCodes.match })
      await create('any operation', { operation: any })
      await create('any permission', { permissionType: any })
      await create('no principal', { principal: '' })
      await create('a principal without a type', { principal: 'alice' })
      await create('no host', { host: '' })
      await create('a principal of another type', { principal: `Group:${user}` })
      const unknown: [string, Draft<AclCreation>][] = [
        ['an unknown resource', { resourceType: 99 }],
        ['resource 0', { resourceType: 0 }],
        ['an unknown pattern', { resourcePatternType: 99 }],
        ['an unknown operation', { operation: 99 }],
        ['an unknown permission', { permissionType: 99 }],
      ]
      for (const [say, fields] of unknown) {
        const client = await world.client('another')
        await client.callHopeless(CreateAcls, 3, { creations: [{ ...good, ...fields }] }, say)
        const asked = await world.client('asking')
        const {
          resourceType = any,
          operation = any,
          permissionType = any,
          resourcePatternType = any,
        } = fields
        const wanted = { resourceTypeFilter: resourceType, operation, permissionType }
        const message = filter({ ...wanted, patternTypeFilter: resourcePatternType })
        await asked.callHopeless(DescribeAcls, 3, message, say)
        const deleting = await world.client('deleting')
        await deleting.callHopeless(DeleteAcls, 3, { filters: [message] }, say)
      }
    },
  },
]
