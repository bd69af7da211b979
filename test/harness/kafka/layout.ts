/** Which nodes a cluster has: pure, the same for JVMs and containers. */
import type { KafkaOptions } from './options.ts'
import type { VersionTraits } from './versions.ts'

export interface NodeRole {
  id: number
  role: 'broker' | 'controller' | 'zookeeper'
  /** A broker that is a voter of the controllers' quorum, too. */
  alsoController: boolean
}

/** Brokers are 1, 2, 3; who keeps the metadata apart from them is 100. */
const METADATA_NODE_ID = 100

/** The nodes in the order in which they are to be started. */
export function clusterLayout(
  options: Pick<KafkaOptions, 'brokers' | 'separateController'>,
  traits: VersionTraits,
): NodeRole[] {
  const { brokers = 1, separateController = false } = options
  const alsoController = !separateController && !traits.zookeeper
  const ids = Array.from({ length: brokers }, (_, index) => index + 1)
  const nodes = ids.map((id): NodeRole => ({ id, role: 'broker', alsoController }))
  if (alsoController) return nodes
  const role = traits.zookeeper ? 'zookeeper' : 'controller'
  return [{ id: METADATA_NODE_ID, role, alsoController: false }, ...nodes]
}

/** Whether a node votes on the metadata. */
export function isVoter(node: NodeRole): boolean {
  return node.role === 'controller' || node.alsoController
}

/** What KRaft calls `process.roles`. */
export function processRoles(node: NodeRole): ('broker' | 'controller')[] {
  if (node.role === 'controller') return ['controller']
  return node.alsoController ? ['broker', 'controller'] : ['broker']
}
