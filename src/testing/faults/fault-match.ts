import { ConfigurationError } from '../../errors.ts'
import { nearestName, OptionChecks } from '../../option-checks.ts'
import type { ApiName } from './api-name.ts'

/** Which requests a rule acts on. What is left out is not looked at; `{}` matches every request. */
export interface FaultMatch {
  /** The node id of the broker that is asked. */
  broker?: number
  /** The API by its name, as `'Produce'`, or its key. */
  api?: ApiName | number
  /**
   * A topic, by name or id: matches requests that name it, among others perhaps, in any of their places. A Fetch that
   * goes on with a session names all topics of it; a Metadata for all topics names none.
   */
  topic?: string
  /** As the client calls itself in its requests. */
  clientId?: string
  /** The number of the first matching request that is acted on, from 1; the rule acts once unless `times` says more. */
  nth?: number
  /** How likely it is to act on a matching request, from 0 to 1. Drawn from the runtime's chance. */
  chance?: number
  /** How often it acts. Default: without end, once with `nth`. */
  times?: number
}

/** What a cluster has, for rules to be checked against. */
export interface Matchable {
  nodeIds(): Iterable<number>
  topicNames(): Iterable<string>
  /** The APIs that the brokers answer, by key. */
  readonly apis: ReadonlyMap<number, string>
}

/** A match whose every part was looked at. */
export interface CheckedMatch {
  readonly broker: number | undefined
  readonly apiKey: number | undefined
  readonly topic: string | undefined
  readonly clientId: string | undefined
  readonly nth: number
  readonly chance: number
  readonly times: number
}

/** @throws ConfigurationError for what no request can ever match */
export function checkMatch(match: FaultMatch, world: Matchable): CheckedMatch {
  const checks = new OptionChecks('faults.on', match)
  const nth = checks.integer('nth', 1, 1, Number.MAX_SAFE_INTEGER)
  const defaultTimes = match.nth === undefined ? Number.MAX_SAFE_INTEGER : 1
  const checked = {
    broker: checkBroker(checks.value('broker'), world),
    apiKey: checkApi(checks.value('api'), world),
    topic: checks.name('topic') ?? undefined,
    clientId: checkClientId(checks),
    nth,
    chance: checkChance(checks),
    times: checks.integer('times', defaultTimes, 1, Number.MAX_SAFE_INTEGER),
  }
  checks.finish()
  return checked
}

/** The id of a broker that there is; undefined for any. */
export function checkBroker(id: unknown, world: Matchable): number | undefined {
  if (id === undefined) return undefined
  const known = [...world.nodeIds()]
  if (known.includes(id as number)) return id as number
  const ids = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`
  throw new ConfigurationError(`faults: there is no broker ${JSON.stringify(id)}; ${ids}`)
}

function checkApi(api: unknown, { apis }: Matchable): number | undefined {
  if (api === undefined) return undefined
  if (typeof api === 'number' && apis.has(api)) return api
  for (const [key, name] of apis) if (name === api) return key
  const nearest = typeof api === 'string' ? nearestName(api, apis.values()) : undefined
  const hint = nearest === undefined ? '' : `; did you mean '${nearest}'?`
  throw new ConfigurationError(`faults.on: the broker has no API ${JSON.stringify(api)}${hint}`)
}

/** The empty string is a client id like any other. */
function checkClientId(checks: OptionChecks): string | undefined {
  const clientId = checks.value('clientId')
  if (clientId === undefined || typeof clientId === 'string') return clientId
  return checks.refuse('clientId', 'must be a string')
}

function checkChance(checks: OptionChecks): number {
  const chance = checks.value('chance') ?? 1
  if (typeof chance === 'number' && chance >= 0 && chance <= 1) return chance
  return checks.refuse('chance', 'must be a number from 0 to 1')
}

/** What there is to say about a topic of this name that there is not; undefined when there is one. */
export function missingTopic(topic: string, world: Matchable): string | undefined {
  const known = [...world.topicNames()]
  if (known.includes(topic)) return undefined
  const nearest = nearestName(topic, known)
  return `there is no topic '${topic}'${nearest === undefined ? '' : `; did you mean '${nearest}'?`}`
}
