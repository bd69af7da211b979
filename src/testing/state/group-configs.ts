import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { BrokerConfigs } from './broker-configs.ts'
import { type ConfigDefinition, valueProblem } from './config-definition.ts'
import { type Problem, problem } from './create-topic.ts'

/** A group's config, with the broker config that its default comes from. */
export interface GroupConfigDefinition extends ConfigDefinition {
  readonly brokerConfig?: string
  /** Further bounds are in the broker configs `group.KIND.min.WHAT` and `group.KIND.max.WHAT`. */
  readonly isBounded?: boolean
}

/** Every group config of Kafka 4.3. All are checked, kept and described; those of streams do not act. */
export const groupConfigDefinitions: readonly GroupConfigDefinition[] = [
  bounded('consumer', 'assignment.interval.ms', '1000', 0n),
  bounded('consumer', 'heartbeat.interval.ms', '5000', 1n),
  bounded('consumer', 'session.timeout.ms', '45000', 1n),
  bounded('share', 'assignment.interval.ms', '1000', 0n),
  { name: 'share.auto.offset.reset', type: 'string', defaultValue: 'latest' },
  bounded('share', 'delivery.count.limit', '5', 2n),
  bounded('share', 'heartbeat.interval.ms', '5000', 1n),
  {
    name: 'share.isolation.level',
    type: 'string',
    defaultValue: 'read_uncommitted',
    values: ['read_committed', 'read_uncommitted'],
  },
  bounded('share', 'partition.max.record.locks', '2000', 100n),
  bounded('share', 'record.lock.duration.ms', '30000', 1000n),
  { name: 'share.renew.acknowledge.enable', type: 'boolean', defaultValue: 'true' },
  bounded('share', 'session.timeout.ms', '45000', 1n),
  ofKind('streams', 'assignment.interval.ms', '1000', 0n, 15000n),
  ofKind('streams', 'heartbeat.interval.ms', '5000', 5000n, 15000n),
  ofKind('streams', 'initial.rebalance.delay.ms', '3000', 0n),
  ofKind('streams', 'num.standby.replicas', '0', 0n, 2n),
  ofKind('streams', 'session.timeout.ms', '45000', 45000n, 60000n),
]

function ofKind(
  kind: string,
  what: string,
  defaultValue: string,
  least: bigint,
  most?: bigint,
): GroupConfigDefinition {
  const definition = { name: `${kind}.${what}`, type: 'int', defaultValue, least } as const
  const brokerConfig = `group.${kind}.${what}`
  return most === undefined ? { ...definition, brokerConfig } : { ...definition, brokerConfig, most }
}

function bounded(kind: string, what: string, defaultValue: string, least: bigint): GroupConfigDefinition {
  return { ...ofKind(kind, what, defaultValue, least), isBounded: true }
}

const definitionsByName = new Map(groupConfigDefinitions.map((definition) => [definition.name, definition]))

/** Far more than any test has. */
const maxConfiguredGroups = 10_000

/** Where a group that was never seen starts to read. */
export type OffsetReset =
  | { readonly from: 'earliest' }
  | { readonly from: 'latest' }
  | { readonly from: 'duration'; readonly ms: number }

/** The configs that were set for groups, whether there are such groups or not. */
export class GroupConfigs {
  readonly #brokerConfigs: BrokerConfigs
  readonly #byGroup = new Map<string, ReadonlyMap<string, string>>()

  constructor(brokerConfigs: BrokerConfigs) {
    this.#brokerConfigs = brokerConfigs
  }

  of(groupId: string): ReadonlyMap<string, string> {
    return this.#byGroup.get(groupId) ?? new Map()
  }

  /** The groups that have configs. */
  names(): IterableIterator<string> {
    return this.#byGroup.keys()
  }

  /** The text of a config of the table above, as it holds for the group. */
  value(groupId: string, name: string): string {
    return this.#byGroup.get(groupId)?.get(name) ?? this.defaultOf(definitionsByName.get(name)!)
  }

  number(groupId: string, name: string): number {
    return Number(this.value(groupId, name))
  }

  /** What a group has that does not set the config. */
  defaultOf({ name, brokerConfig, defaultValue }: GroupConfigDefinition): string {
    const acts = brokerConfig !== undefined && !name.startsWith('streams.')
    return acts ? this.#brokerConfigs.value(brokerConfig) : defaultValue
  }

  /** Takes the configs of a group in the place of those it had, or says what is wrong with one of them. */
  set(groupId: string, configs: ReadonlyMap<string, string>): Problem | undefined {
    const what = this.check(configs)
    if (what !== undefined) return what
    if (configs.size === 0) this.#byGroup.delete(groupId)
    else if (this.#byGroup.size >= maxConfiguredGroups && !this.#byGroup.has(groupId)) {
      return problem(
        ErrorCodes.POLICY_VIOLATION,
        `there are configs of ${maxConfiguredGroups} groups already`,
      )
    } else this.#byGroup.set(groupId, configs)
    return undefined
  }

  check(configs: ReadonlyMap<string, string>): Problem | undefined {
    for (const [name, value] of configs) {
      const definition = definitionsByName.get(name)
      const what =
        definition === undefined ? 'groups have no such config' : this.#problemOf(definition, value)
      if (what !== undefined) return problem(ErrorCodes.INVALID_CONFIG, `the config ${name}: ${what}`)
    }
    return undefined
  }

  #problemOf(definition: GroupConfigDefinition, value: string): string | undefined {
    const { name, isBounded = false } = definition
    if (name === 'share.auto.offset.reset') {
      return parseReset(value) === undefined
        ? 'it must be earliest, latest or by_duration:PnDTnHnMn.nS'
        : undefined
    }
    const what = valueProblem(definition, value)
    if (what !== undefined || !isBounded) return what
    const bound = (which: 'min' | 'max') => {
      const config = `group.${name.replace('.', `.${which}.`)}`
      return BigInt(this.#brokerConfigs.value(config))
    }
    return valueProblem({ ...definition, least: bound('min'), most: bound('max') }, value)
  }
}

export function groupConfigDefinition(name: string): GroupConfigDefinition | undefined {
  return definitionsByName.get(name)
}

/** Undefined when it is none. */
export function parseReset(value: string): OffsetReset | undefined {
  if (value === 'earliest' || value === 'latest') return { from: value }
  const match = /^by_duration:P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(value)
  if (match === null || match.slice(1).every((part) => part === undefined)) return undefined
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0))
  return { from: 'duration', ms: (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 }
}
