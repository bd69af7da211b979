import { ErrorCodes } from '../../../protocol/error-codes.ts'
import type { Api } from '../../../protocol/message.ts'
import {
  AlterClientQuotas,
  AlterPartitionReassignments,
  AlterReplicaLogDirs,
  AlterUserScramCredentials,
  CreateAcls,
  DeleteAcls,
  DescribeAcls,
  DescribeClientQuotas,
  DescribeCluster,
  DescribeLogDirs,
  DescribeQuorum,
  DescribeUserScramCredentials,
  ElectLeaders,
  ListConfigResources,
  ListPartitionReassignments,
  UnregisterBroker,
  UpdateFeatures,
} from '../../../protocol/messages/index.ts'
import type { Operation } from '../acls/acl.ts'
import { type Guard, gate, guard } from './guard.ts'
import { clusterBits } from './judge-metadata.ts'

/** Requests about the cluster as a whole. */
export const clusterGuards: readonly Guard[] = [
  needing('describe', DescribeAcls),
  needing('alter', CreateAcls),
  needing('alter', DeleteAcls),
  needing('alter', AlterReplicaLogDirs),
  needing('alter', ElectLeaders),
  needing('alter', AlterPartitionReassignments),
  needing('describe', ListPartitionReassignments),
  needing('alterConfigs', AlterClientQuotas),
  needing('describe', DescribeUserScramCredentials),
  needing('alter', AlterUserScramCredentials),
  needing('describe', DescribeQuorum),
  needing('alter', UpdateFeatures),
  needing('alter', UnregisterBroker),
  needing('describeConfigs', ListConfigResources),
  guard(DescribeLogDirs, (request, access) =>
    access.onCluster('describe')
      ? { allowed: request }
      : { allowed: undefined, instead: { errorCode: ErrorCodes.CLUSTER_AUTHORIZATION_FAILED } },
  ),
  guard(DescribeClientQuotas, (request, access) =>
    access.onCluster('describeConfigs')
      ? { allowed: request }
      : {
          allowed: undefined,
          instead: { errorCode: ErrorCodes.CLUSTER_AUTHORIZATION_FAILED, errorMessage: null, entries: null },
        },
  ),
  guard(DescribeCluster, (request, access) => ({
    allowed: request,
    censor: (answer) =>
      request.includeClusterAuthorizedOperations
        ? { ...answer, clusterAuthorizedOperations: clusterBits(access) }
        : answer,
  })),
]

function needing<Request, Response>(operation: Operation, api: Api<Request, Response>): Guard {
  return gate(api, (_request, access) =>
    access.onCluster(operation) ? ErrorCodes.NONE : ErrorCodes.CLUSTER_AUTHORIZATION_FAILED,
  )
}
