import type { RequestContext } from '../server/handler.ts'
import { clusterName, type Operation, operationCodes, type ResourceType } from './acls/acl.ts'
import type { Authorizer, Subject } from './acls/authorizer.ts'

/** The operations that there are for the types of resources that clients are told of (KIP-430). */
const operationsOf: Partial<Record<ResourceType, readonly Operation[]>> = {
  topic: ['read', 'write', 'create', 'delete', 'alter', 'describe', 'describeConfigs', 'alterConfigs'],
  group: ['read', 'delete', 'describe', 'describeConfigs', 'alterConfigs'],
  cluster: [
    'create',
    'alter',
    'describe',
    'clusterAction',
    'describeConfigs',
    'alterConfigs',
    'idempotentWrite',
  ],
}

/** What the sender of one request may do. */
export class Access {
  readonly #authorizer: Authorizer
  readonly #subject: Subject

  constructor(
    authorizer: Authorizer,
    { principal, clientHost }: Pick<RequestContext, 'principal' | 'clientHost'>,
  ) {
    this.#authorizer = authorizer
    this.#subject = { principal, host: clientHost.slice(1) }
  }

  may(operation: Operation, type: ResourceType, name: string): boolean {
    return this.#authorizer.may(this.#subject, operation, type, name)
  }

  onCluster(operation: Operation): boolean {
    return this.may(operation, 'cluster', clusterName)
  }

  onAny(operation: Operation, type: ResourceType): boolean {
    return this.#authorizer.mayWithAny(this.#subject, operation, type)
  }

  /** A bit for each operation that is allowed. */
  bits(type: ResourceType, name: string): number {
    let bits = 0
    for (const operation of operationsOf[type] ?? []) {
      if (this.may(operation, type, name)) bits |= 1 << operationCodes[operation]
    }
    return bits
  }
}

/** Undefined where everybody may do everything. */
export function accessOf(context: RequestContext): Access | undefined {
  const { authorizer } = context.broker.cluster.security
  return authorizer === undefined ? undefined : new Access(authorizer, context)
}

/** Which topics a consumer may fetch, or a broker (from id 0 on); undefined where everybody may do everything. */
export function readingRights(
  context: RequestContext,
  replicaId: number,
): ((topic: string) => boolean) | undefined {
  const access = accessOf(context)
  if (access === undefined) return undefined
  if (replicaId < 0) return (topic) => access.may('read', 'topic', topic)
  const isBroker = access.onCluster('clusterAction')
  return () => isBroker
}
