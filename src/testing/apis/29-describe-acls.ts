import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  DescribeAcls,
  type DescribeAclsRequest,
  type DescribeAclsResponse,
} from '../../protocol/messages/describe-acls.ts'
import type { Acl } from '../security/acls/acl.ts'
import { isUnreadable } from '../security/acls/check-acl.ts'
import { type Handler, hangUp } from '../server/handler.ts'
import { filterFrom } from './acl-filters.ts'
import { grouped } from './grouped.ts'

export const describeAcls: Handler<DescribeAclsRequest, DescribeAclsResponse> = {
  api: DescribeAcls,
  versions: [1, 3],

  handle(request, { broker }) {
    const { authorizer } = broker.cluster.security
    const filter = filterFrom(request)
    // Kafka cannot read such a request.
    if (isUnreadable(filter)) return hangUp
    if (authorizer === undefined) {
      return { errorCode: ErrorCodes.SECURITY_DISABLED, errorMessage: 'this broker has no authorizer' }
    }
    const byResource = grouped(authorizer.acls.find(filter), resourceKey)
    const resources = [...byResource.values()].map((acls) => {
      const [{ resourceType, resourceName, patternType }] = acls
      return { resourceType, resourceName, patternType, acls }
    })
    return { errorMessage: '', resources }
  },
}

function resourceKey({ resourceType, patternType, resourceName }: Acl): string {
  return `${resourceType} ${patternType} ${resourceName}`
}
