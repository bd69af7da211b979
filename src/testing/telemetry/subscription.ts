import { type ConfigDefinition, listWords } from '../state/config-definition.ts'

/** What clients are asked for unless somebody wants it sooner. */
export const defaultPushIntervalMs = 300_000

/** The configs of a subscription to the metrics of clients. */
export const subscriptionDefinitions: readonly ConfigDefinition[] = [
  {
    name: 'interval.ms',
    type: 'int',
    defaultValue: String(defaultPushIntervalMs),
    least: 100n,
    most: 3_600_000n,
  },
  { name: 'match', type: 'list', defaultValue: '' },
  { name: 'metrics', type: 'list', defaultValue: '' },
]

/** What is known of a client, by the names that subscriptions can pick by. */
export interface ClientFacts {
  readonly client_instance_id: string
  readonly client_id: string
  readonly client_software_name: string
  readonly client_software_version: string
  readonly client_source_address: string
  readonly client_source_port: string
}

const factNames: ReadonlySet<string> = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
])

/** One subscription: which metrics, how often, and of which clients. */
export interface Subscription {
  /** Prefixes of the names of metrics; `*` stands for all. */
  readonly metrics: readonly string[]
  readonly intervalMs: number
  /** All have to match. */
  readonly match: ReadonlyMap<string, RegExp>
}

/** Reads configs that were checked. */
export function subscriptionOf(configs: ReadonlyMap<string, string>): Subscription {
  return {
    metrics: listWords(configs.get('metrics') ?? ''),
    intervalMs: Number(configs.get('interval.ms') ?? defaultPushIntervalMs),
    match: parseMatch(configs.get('match') ?? '')!,
  }
}

/** Patterns by what they are about, as `client_id=a.*,client_source_port=9[0-9]+`; undefined when it cannot be. */
export function parseMatch(text: string): ReadonlyMap<string, RegExp> | undefined {
  const patterns = new Map<string, RegExp>()
  for (const word of listWords(text)) {
    const [name, pattern, ...more] = word.split('=').map((part) => part.trim())
    if (pattern === undefined || more.length > 0 || !factNames.has(name)) return undefined
    try {
      patterns.set(name, new RegExp(`^(?:${pattern})$`))
    } catch {
      return undefined
    }
  }
  return patterns
}

export function picks({ match }: Subscription, facts: ClientFacts): boolean {
  return [...match].every(([name, pattern]) => pattern.test(facts[name as keyof ClientFacts]))
}
