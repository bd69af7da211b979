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

  handle(request, { broker, version }) {
    const { endpointType, includeClusterAuthorizedOperations, includeFencedBrokers } = request
    const { cluster, view } = broker
    if (endpointType !== brokers) {
      const errorCode =
        endpointType === controllers
          ? ErrorCodes.MISMATCHED_ENDPOINT_TYPE
          : ErrorCodes.UNSUPPORTED_ENDPOINT_TYPE
      const errorMessage = 'this is a broker: it tells the endpoints of brokers alone'
      return { errorCode, errorMessage }
    }
    // A fenced broker is known, and not alive.
    const known = includeFencedBrokers ? cluster.nodes() : view.brokers.values()
    return {
      clusterId: cluster.clusterId,
      controllerId: view.controllerId,
      brokers: [...known].map(({ id, host, port, rack }) => ({
        brokerId: id,
        host,
        port,
        rack,
        ...(version >= firstVersionWithFenced && { isFenced: !view.brokers.has(id) }),
      })),
      ...(includeClusterAuthorizedOperations && { clusterAuthorizedOperations: clusterOperations }),
    }
  },
}
