import type { BrokerConfigs } from './broker-configs.ts'
import type { Partition } from './partition.ts'
import {
  parseTopicSettings,
  type TopicConfigDefinition,
  type TopicSettings,
  topicConfigDefinition,
} from './topic-configs.ts'

/** A topic: its name and id, its partitions, and what it was configured with. */
export class Topic {
  readonly name: string
  /** Kafka's 22-character form. */
  readonly id: string
  readonly partitions: Partition[] = []
  readonly #brokerConfigs: BrokerConfigs
  #configs: ReadonlyMap<string, string>
  #settings: TopicSettings

  constructor(name: string, id: string, configs: ReadonlyMap<string, string>, brokerConfigs: BrokerConfigs) {
    this.name = name
    this.id = id
    this.#brokerConfigs = brokerConfigs
    this.#configs = configs
    this.#settings = this.#parse()
  }

  /** The configs that were set for this topic. */
  get configs(): ReadonlyMap<string, string> {
    return this.#configs
  }

  get settings(): TopicSettings {
    return this.#settings
  }

  configure(configs: ReadonlyMap<string, string>): void {
    this.#configs = configs
    this.refresh()
  }

  /** What the brokers are configured with has changed. */
  refresh(): void {
    this.#settings = this.#parse()
  }

  #parse(): TopicSettings {
    return parseTopicSettings(
      (name) => this.#configs.get(name) ?? defaultOf(topicConfigDefinition(name)!, this.#brokerConfigs),
    )
  }
}

/** What a topic has that does not set the config: the broker's value, or Kafka's. */
export function defaultOf(definition: TopicConfigDefinition, brokerConfigs: BrokerConfigs): string {
  const { brokerConfig, defaultValue } = definition
  return brokerConfig !== undefined && brokerConfigs.isGiven(brokerConfig)
    ? brokerConfigs.value(brokerConfig)
    : defaultValue
}
