import { ConfigurationError } from '../../errors.ts'
import type { Logger, Runtime } from '../../runtime/runtime.ts'
import type { Reply } from '../server/reply.ts'
import { ClientCuts } from './client-cuts.ts'
import { afterHandling, type Exchange } from './exchange.ts'
import { type Act, type FaultActions, faultActions } from './fault-actions.ts'
import { checkBroker, checkMatch, type FaultMatch, type Matchable, missingTopic } from './fault-match.ts'
import { ActiveRule } from './fault-rule.ts'

/** What is to go wrong in a broker for tests. */
export interface Faults {
  /**
   * Begins a rule: `broker.faults.on({ api: 'Produce', topic: 'orders', nth: 3 }).disconnectAfterHandling()`.
   *
   * Every rule counts each request that it matches. Of the rules that would act on one, the first in the order of their
   * making does and the others let it pass; a rule with `nth` then acts on the next one that it matches.
   *
   * @throws ConfigurationError for a broker or an API that there is not, or above 1,000 rules. A topic may come later:
   *   for one that there is not a warning is logged.
   */
  on(match: FaultMatch): FaultActions
  /**
   * Cuts the network between a broker and its clients, or those of one client id. Their connections go silent in both
   * directions and stay open; what comes new is accepted and as silent. The broker itself notices nothing, and what a
   * client had asked for is still handled.
   */
  cutClients(nodeId: number, options?: { clientId?: string }): void
  /**
   * Ends what `cutClients` began, for a broker or all, a client id or all: the connections that had gone silent are
   * closed, and new ones work.
   */
  healClients(nodeId?: number, options?: { clientId?: string }): void
  /** Removes all rules, heals all clients, and closes the connections that a rule holds up. */
  clear(): void
}

export interface FaultRulesOptions {
  readonly world: Matchable
  readonly runtime: Runtime
  readonly logger: Logger
}

/** The listener of a broker's connections. */
export interface FaultsListener {
  /** Clients may have been cut or healed. */
  cutsChanged(): void
  /** Connections that a rule holds up are to be closed. */
  cleared(): void
}

const mostRules = 1000

interface Entry {
  readonly rule: ActiveRule
  readonly act: Act
}

/** The rules of a cluster and the cuts, as its brokers see them. */
export class FaultRules implements Faults {
  readonly #options: FaultRulesOptions
  readonly #cuts = new ClientCuts()
  /** In the order of their making. */
  #entries: readonly Entry[] = []
  /** By the node id. */
  readonly #listeners = new Map<number, FaultsListener>()

  constructor(options: FaultRulesOptions) {
    this.#options = options
  }

  // --- for those who make rules ---

  on(match: FaultMatch): FaultActions {
    const { world, runtime, logger } = this.#options
    const checked = checkMatch(match, world)
    const { apiKey, topic } = checked
    const api = apiKey === undefined ? undefined : { key: apiKey, name: world.apis.get(apiKey)! }
    return faultActions(api, (action, act) => {
      if (this.#entries.length >= mostRules)
        throw new ConfigurationError(`faults: there are ${mostRules} rules already; remove some`)
      const text = `on(${describeMatch(match)}).${action}`
      const hint = () => (topic === undefined ? undefined : missingTopic(topic, world))
      const missing = hint()
      if (missing !== undefined) logger.warn({ rule: text }, `${missing}; the rule ${text} waits for it`)
      const rule = new ActiveRule({
        text,
        match: checked,
        runtime,
        logger,
        hint,
        onRemoved: (removed) => {
          this.#entries = this.#entries.filter((entry) => entry.rule !== removed)
        },
      })
      this.#entries = [...this.#entries, { rule, act }]
      return rule
    })
  }

  cutClients(nodeId: number, { clientId }: { clientId?: string } = {}): void {
    this.#cuts.cut(checkBroker(nodeId, this.#options.world)!, clientId)
    this.#listeners.get(nodeId)?.cutsChanged()
  }

  healClients(nodeId?: number, { clientId }: { clientId?: string } = {}): void {
    this.#cuts.heal(checkBroker(nodeId, this.#options.world), clientId)
    for (const listener of this.#listeners.values()) listener.cutsChanged()
  }

  clear(): void {
    for (const { rule } of this.#entries) rule.remove()
    this.healClients()
    for (const listener of this.#listeners.values()) listener.cleared()
  }

  // --- for brokers ---

  /** True when every request is handled as ever. */
  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  get hasCuts(): boolean {
    return !this.#cuts.isEmpty
  }

  /** @param clientId null and undefined when it is not known */
  isCut(nodeId: number, clientId?: string | null): boolean {
    return this.#cuts.isCut(nodeId, clientId)
  }

  /** Keeps a broker informed, until the function that it gives is called. */
  attach(nodeId: number, listener: FaultsListener): () => void {
    this.#listeners.set(nodeId, listener)
    return () => {
      if (this.#listeners.get(nodeId) === listener) this.#listeners.delete(nodeId)
    }
  }

  /** Handles the request, or does what the first rule says that acts on it. */
  handle(exchange: Exchange): Reply | Promise<Reply> {
    let taken: Entry | undefined
    for (const entry of this.#entries) {
      if (entry.rule.sees(exchange) && taken === undefined && entry.rule.takes()) taken = entry
    }
    return taken === undefined ? afterHandling(exchange, exchange.encode) : taken.act(exchange, taken.rule)
  }
}

/** As the match was written: `{ api: 'Produce', nth: 3 }`. */
function describeMatch(match: FaultMatch): string {
  const parts = Object.entries(match)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? `'${value}'` : value}`)
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}
