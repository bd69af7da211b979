import { ConnectionError } from '../errors.ts'
import { ErrorCodes } from '../protocol/error-codes.ts'
import type { BrokerChoice } from './broker-choice.ts'
import type { BrokerDirectory } from './broker-directory.ts'
import { brokerError } from './broker-error.ts'
import type { Coordinators } from './coordinators.ts'
import type { MetadataRefresher, RefreshScope } from './metadata-refresher.ts'
import type { MetadataView } from './metadata-view.ts'

/** Where a request is to go. */
export type Target =
  /** This broker and no other. */
  | { readonly broker: number }
  /** Whichever broker is connected and has the fewest requests in flight. */
  | { readonly anyBroker: true }
  | { readonly controller: true }
  | { readonly leader: { readonly topic: string; readonly partition: number } }
  /** The coordinator of a group. */
  | { readonly group: string }
  /** The coordinator of a transactional id. */
  | { readonly transactionalId: string }

export interface RouterContext {
  readonly directory: BrokerDirectory
  readonly choice: BrokerChoice
  readonly coordinators: Coordinators
  readonly refresher: MetadataRefresher
  view(): MetadataView
}

/** Finds the broker that a request belongs to. One attempt each: trying again is the caller's matter. */
export class Router {
  readonly #context: RouterContext

  constructor(context: RouterContext) {
    this.#context = context
  }

  /** `mistrust` says that what is known led to the wrong broker the last time, so that it is asked for anew. */
  async route(target: Target, mistrust: boolean): Promise<number> {
    const { coordinators } = this.#context
    if ('group' in target) return coordinators.find('group', target.group)
    if ('transactionalId' in target) return coordinators.find('transaction', target.transactionalId)
    if ('leader' in target) return this.#leader(target.leader.topic, target.leader.partition, mistrust)
    if ('controller' in target) return this.#controller(mistrust)
    if ('broker' in target) return this.#broker(target.broker, mistrust)
    return this.anyBroker()
  }

  async anyBroker(): Promise<number> {
    const { choice, directory } = this.#context
    if (directory.brokerIds().length === 0) await this.#ask({})
    const [best] = choice.inOrder(directory.brokerIds())
    if (best === undefined) throw new ConnectionError('the cluster told of no broker')
    return best
  }

  async #broker(id: number, mistrust: boolean): Promise<number> {
    // One that is not known then fails where it is connected to, and with the reason.
    if (mistrust || this.#context.directory.addressOf(id) === undefined) await this.#ask({ fresh: mistrust })
    return id
  }

  async #controller(mistrust: boolean): Promise<number> {
    if (mistrust || this.#context.view().controllerId === -1) await this.#ask({ fresh: mistrust })
    const { controllerId } = this.#context.view()
    // Any broker forwards what is the controller's (KIP-590).
    return controllerId === -1 ? this.anyBroker() : controllerId
  }

  async #leader(topic: string, partition: number, mistrust: boolean): Promise<number> {
    if (mistrust || this.#knownLeader(topic, partition) === undefined) {
      await this.#ask({ topics: [topic], fresh: mistrust })
    }
    const leaderId = this.#knownLeader(topic, partition)
    if (leaderId !== undefined) return leaderId
    throw brokerError(this.#whyNoLeader(topic, partition), { topic, partition }, 'finding the leader')
  }

  #knownLeader(topic: string, partition: number): number | undefined {
    const leaderId = this.#context.view().topics.get(topic)?.partitions[partition]?.leaderId
    return leaderId === -1 ? undefined : leaderId
  }

  #whyNoLeader(name: string, index: number): number {
    const topic = this.#context.view().topics.get(name)
    if (topic !== undefined && topic.errorCode !== ErrorCodes.NONE) return topic.errorCode
    const partition = topic?.partitions[index]
    return partition === undefined ? ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION : ErrorCodes.LEADER_NOT_AVAILABLE
  }

  #ask(scope: RefreshScope): Promise<void> {
    return this.#context.refresher.ask(scope)
  }
}
