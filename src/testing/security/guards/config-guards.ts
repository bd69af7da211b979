import { ErrorCodes } from '../../../protocol/error-codes.ts'
import { AlterConfigs, DescribeConfigs, IncrementalAlterConfigs } from '../../../protocol/messages/index.ts'
import type { Access } from '../access.ts'
import { type Guard, guard, parted } from './guard.ts'

/** Kafka's numbers for what has configs. */
const topic = 2
const brokerLogger = 8
const group = 32

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

/** Requests about configs: of topics, of groups, or else of the cluster and its brokers. */
export const configGuards: readonly Guard[] = [
  guard(DescribeConfigs, (request, access) => {
    const [resources, refused] = parted(request.resources, (one) => may(access, 'describeConfigs', one))
    return {
      allowed: { ...request, resources },
      refused: refused.map((one) => ({
        request: { ...request, resources: [one] },
        errorCode: errorFor(one),
      })),
    }
  }),
  guard(AlterConfigs, (request, access) => {
    const [resources, refused] = parted(
      request.resources,
      // The older form cannot alter how brokers log, whoever asks.
      (one) => one.resourceType === brokerLogger || may(access, 'alterConfigs', one),
    )
    return {
      allowed: { ...request, resources },
      refused: refused.map((one) => ({
        request: { ...request, resources: [one] },
        errorCode: errorFor(one),
      })),
    }
  }),
  guard(IncrementalAlterConfigs, (request, access) => {
    const [resources, refused] = parted(request.resources, (one) => may(access, 'alterConfigs', one))
    return {
      allowed: { ...request, resources },
      refused: refused.map((one) => ({
        request: { ...request, resources: [one] },
        errorCode: errorFor(one),
        ...(one.resourceType === brokerLogger && { errorMessage: null }),
      })),
    }
  }),
]

function may(
  access: Access,
  operation: 'describeConfigs' | 'alterConfigs',
  { resourceType, resourceName }: Resource,
): boolean {
  if (resourceType === topic) return access.may(operation, 'topic', resourceName)
  return resourceType === group ? access.may(operation, 'group', resourceName) : access.onCluster(operation)
}

function errorFor({ resourceType }: Resource): number {
  if (resourceType === topic) return ErrorCodes.TOPIC_AUTHORIZATION_FAILED
  return resourceType === group
    ? ErrorCodes.GROUP_AUTHORIZATION_FAILED
    : ErrorCodes.CLUSTER_AUTHORIZATION_FAILED
}
