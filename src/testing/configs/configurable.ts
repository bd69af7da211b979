import type { Draft } from '../../protocol/message.ts'
import type { DescribeConfigsResourceResult } from '../../protocol/messages/describe-configs.ts'
import type { BrokerContext } from '../server/handler.ts'
import { type ConfigDefinition, configTypeCodes } from '../state/config-definition.ts'
import type { DescribedConfig } from '../state/config-sources.ts'

export interface Failure {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** A config as DescribeConfigs tells it. */
export type ToldConfig = Draft<DescribeConfigsResourceResult>

type Configs = ReadonlyMap<string, string>

/** One kind of thing that has configs: topics, brokers, groups... */
export interface Configurable {
  /** Why there is no such thing that configs could be altered of, or undefined. */
  alterProblem(broker: BrokerContext, name: string): Failure | undefined
  /** The configs that are set. Called when there is no problem. */
  current(broker: BrokerContext, name: string): Configs
  /** For configs that are lists: what words are appended to when none is set. Undefined: it is no list. */
  listDefault?(broker: BrokerContext, config: string): string | undefined
  /** The error of appending to what is no list. */
  readonly noListError: number
  /** Takes configs in the place of those that were set, or only checks them, or says what is wrong with them. */
  set(broker: BrokerContext, name: string, configs: Configs, validateOnly: boolean): Failure | undefined
  /** Why a config cannot be deleted, where it is not the same as setting all others. */
  deleteProblem?(config: string): Failure | undefined
  /** The older AlterConfigs can do it, too. */
  readonly hasOldWay: boolean
  /** All configs as they hold. */
  describe(broker: BrokerContext, name: string): readonly ToldConfig[] | Failure
  /** The names of those that ListConfigResources tells. */
  names(broker: BrokerContext): Iterable<string>
}

export function told(
  { type }: Pick<ConfigDefinition, 'type'>,
  { name, value, source, synonyms }: DescribedConfig,
  readOnly = false,
): ToldConfig {
  return {
    name,
    value,
    readOnly,
    configSource: source,
    isSensitive: false,
    synonyms,
    configType: configTypeCodes[type],
    documentation: null,
  }
}
