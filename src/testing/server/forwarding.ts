import type { AnyHandler, BrokerContext, RequestContext } from './handler.ts'

/** What brokers pass on to the controller (KIP-590), which then decides. */
const forwarded = new Set([
  19, // CreateTopics
  20, // DeleteTopics
  30, // CreateAcls
  31, // DeleteAcls
  33, // AlterConfigs
  37, // CreatePartitions
  38, // CreateDelegationToken
  39, // RenewDelegationToken
  40, // ExpireDelegationToken
  43, // ElectLeaders
  44, // IncrementalAlterConfigs
  45, // AlterPartitionReassignments
  49, // AlterClientQuotas
  51, // AlterUserScramCredentials
  57, // UpdateFeatures
  64, // UnregisterBroker
])

/**
 * Handles a request. One that is the controller's waits while the broker cannot reach the controller: Kafka's brokers
 * try again and again, and the client gives up in the end.
 */
export function handle(handler: AnyHandler, request: unknown, context: RequestContext) {
  const { broker } = context
  if (!forwarded.has(handler.api.key) || reachesController(broker)) return handler.handle(request, context)
  return broker.cluster.whenControllerIsHeard(broker.node.id).then(() => handler.handle(request, context))
}

function reachesController({ cluster, node }: BrokerContext): boolean {
  return cluster.process(node.id)!.announcements.isListening
}
