/** ACLs for scenarios, in words. */
import type { Draft } from '../../../src/protocol/message.ts'
import type { AclCreation } from '../../../src/protocol/messages/create-acls.ts'
import { CreateAcls, DeleteAcls, DescribeAcls } from '../../../src/protocol/messages/index.ts'
import {
  any,
  clusterName,
  type Operation,
  operationCodes,
  patternTypeCodes,
  permissionCodes,
  type ResourceType,
  resourceTypeCodes,
} from '../../../src/testing/security/acls/acl.ts'
import { until, type World } from './world.ts'

export interface Grant {
  may?: Operation | 'all'
  mayNot?: Operation | 'all'
  on: ResourceType
  /** Left out for the cluster. */
  name?: string
  isPrefix?: boolean
  host?: string
}

export function aclOf(user: string, grant: Grant): Draft<AclCreation> {
  const { may, mayNot, on, name = clusterName, isPrefix = false, host = '*' } = grant
  return {
    resourceType: resourceTypeCodes[on],
    resourceName: name,
    resourcePatternType: isPrefix ? patternTypeCodes.prefixed : patternTypeCodes.literal,
    principal: `User:${user}`,
    host,
    operation: operationCodes[may ?? mayNot ?? 'all'],
    permissionType: mayNot === undefined ? permissionCodes.allow : permissionCodes.deny,
  }
}

function filterOf(user: string) {
  return {
    resourceTypeFilter: any,
    resourceNameFilter: null,
    patternTypeFilter: any,
    principalFilter: `User:${user}`,
    hostFilter: null,
    operation: any,
    permissionType: any,
  }
}

/** Takes from the user what it had, gives it this, and waits until the broker knows. */
export async function grantTo(world: World, user: string, ...grants: Grant[]): Promise<void> {
  const admin = await world.client('admin')
  const known = async () => {
    const { resources } = await admin.quietly(DescribeAcls, 3, filterOf(user))
    return resources.flatMap(({ acls }) => acls).length
  }
  await admin.quietly(DeleteAcls, 3, { filters: [filterOf(user)] })
  await until(async () => (await known()) === 0)
  const { results } = await admin.quietly(CreateAcls, 3, { creations: grants.map((one) => aclOf(user, one)) })
  const failure = results.find(({ errorCode }) => errorCode !== 0)
  if (failure !== undefined) throw new Error(`an ACL was not made: ${failure.errorMessage}`)
  await until(async () => (await known()) === grants.length)
}
