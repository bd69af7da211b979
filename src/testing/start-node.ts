import type { Logger, Runtime } from '../runtime/runtime.ts'
import { FetchSessions } from './fetch/fetch-sessions.ts'
import { BrokerServer } from './server/broker-server.ts'
import type { ClusterState } from './state/cluster-state.ts'

export interface NodeOptions {
  readonly id: number
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly runtime: Runtime
  readonly logger: Logger
}

/** Starts one broker of a cluster: what it has for itself, and its listener. The cluster knows of it from then on. */
export function startNode(cluster: ClusterState, options: NodeOptions): Promise<BrokerServer> {
  const { id, host, port, runtime, logger } = options
  const { settings } = cluster.configs
  return BrokerServer.listen(runtime, { host, port }, cluster.offer.handlers, (address) => {
    const node = { id, host: address.host, port: address.port, rack: null }
    cluster.addNode(node)
    const fetchSessions = new FetchSessions(runtime, settings.fetchSessionSlots)
    return { node, cluster, settings, fetchSessions, runtime, logger }
  })
}
