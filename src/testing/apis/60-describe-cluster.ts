import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  DescribeCluster,
  type DescribeClusterRequest,
  type DescribeClusterResponse,
} from '../../protocol/messages/describe-cluster.ts'
import type { Handler } from '../server/handler.ts'
import { clusterOperations } from './operations.ts'

const brokers = 1
const controllers = 2
const firstVersionWithFenced = 2

export const describeCluster: Handler<DescribeClusterRequest, DescribeClusterResponse> = {
  api: DescribeCluster,
  versions: [0, 2],

  handle({ endpointType, includeClusterAuthorizedOperations }, { broker, version }) {
    const { cluster, view } = broker
    if (endpointType !== brokers) {
      const errorCode =
        endpointType === controllers
          ? ErrorCodes.MISMATCHED_ENDPOINT_TYPE
          : ErrorCodes.UNSUPPORTED_ENDPOINT_TYPE
      const errorMessage = 'this is a broker: it tells the endpoints of brokers alone'
      return { errorCode, errorMessage }
    }
    return {
      clusterId: cluster.clusterId,
      controllerId: view.controllerId,
      brokers: [...view.brokers.values()].map(({ id, host, port, rack }) => ({
        brokerId: id,
        host,
        port,
        rack,
        ...(version >= firstVersionWithFenced && { isFenced: false }),
      })),
      ...(includeClusterAuthorizedOperations && { clusterAuthorizedOperations: clusterOperations }),
    }
  },
}
