import { ErrorCodes } from '../../protocol/error-codes.ts'
import { valueProblem } from '../state/config-definition.ts'
import { type Problem, problem } from '../state/create-topic.ts'
import {
  type ClientFacts,
  defaultPushIntervalMs,
  parseMatch,
  picks,
  type Subscription,
  subscriptionDefinitions,
  subscriptionOf,
} from './subscription.ts'

/** Far more than any test has. */
const maxSubscriptions = 1000

const definitionsByName = new Map(subscriptionDefinitions.map((definition) => [definition.name, definition]))

/** What all subscriptions together want of one client. */
export interface Wanted {
  readonly metrics: readonly string[]
  readonly intervalMs: number
}

/** The subscriptions to metrics of clients, by name. */
export class Subscriptions {
  readonly #configs = new Map<string, ReadonlyMap<string, string>>()
  readonly #subscriptions = new Map<string, Subscription>()
  #epoch = 0

  /** Grows with every change. */
  get epoch(): number {
    return this.#epoch
  }

  of(name: string): ReadonlyMap<string, string> {
    return this.#configs.get(name) ?? new Map()
  }

  names(): IterableIterator<string> {
    return this.#configs.keys()
  }

  /** Takes configs in the place of those of that name; without any the subscription is over. */
  set(name: string, configs: ReadonlyMap<string, string>): Problem | undefined {
    const what = this.check(configs)
    if (what !== undefined) return what
    if (configs.size === 0) {
      this.#configs.delete(name)
      this.#subscriptions.delete(name)
    } else {
      if (this.#configs.size >= maxSubscriptions && !this.#configs.has(name)) {
        return problem(ErrorCodes.POLICY_VIOLATION, `there are ${maxSubscriptions} subscriptions already`)
      }
      this.#configs.set(name, configs)
      this.#subscriptions.set(name, subscriptionOf(configs))
    }
    this.#epoch += 1
    return undefined
  }

  check(configs: ReadonlyMap<string, string>): Problem | undefined {
    for (const [name, value] of configs) {
      const definition = definitionsByName.get(name)
      if (definition === undefined) {
        return problem(ErrorCodes.INVALID_REQUEST, `subscriptions have no config "${name}"`)
      }
      const what = valueProblem(definition, value)
      if (what !== undefined) {
        // A number that is none is another matter than one that is out of range.
        const isNumber = /^[+-]?\d+$/.test(value.trim())
        const errorCode = isNumber ? ErrorCodes.INVALID_REQUEST : ErrorCodes.INVALID_CONFIG
        return problem(errorCode, `the config ${name} cannot be "${value}": ${what}`)
      }
      if (name === 'match' && parseMatch(value) === undefined) {
        return problem(ErrorCodes.INVALID_CONFIG, `"${value}" is no list of FACT=PATTERN`)
      }
    }
    return undefined
  }

  /** What is wanted of a client: all metrics that anybody wants, as often as the most eager one. */
  wantedOf(facts: ClientFacts): Wanted {
    const metrics = new Set<string>()
    let intervalMs = Number.POSITIVE_INFINITY
    for (const subscription of this.#subscriptions.values()) {
      if (!picks(subscription, facts)) continue
      for (const metric of subscription.metrics) metrics.add(metric)
      intervalMs = Math.min(intervalMs, subscription.intervalMs)
    }
    if (metrics.has('*')) return { metrics: ['*'], intervalMs }
    return {
      metrics: [...metrics],
      intervalMs: intervalMs === Number.POSITIVE_INFINITY ? defaultPushIntervalMs : intervalMs,
    }
  }
}
