/** The broker that the integration tests of a run share; test/setup/kafka.ts starts it. */
import { randomBytes } from 'node:crypto'
import { expect, inject } from 'vitest'
import { atLeast, createTopic, runTool, type Tools } from './kafka/index.ts'
import type { NewTopic } from './kafka/raw-request.ts'
import type { Outcome, RunOptions } from './run.ts'

/** What the setup hands to each worker. */
export interface SharedKafka {
  bootstrap: string[]
  version: string
  tools: Tools
}

declare module 'vitest' {
  interface ProvidedContext {
    kafka: SharedKafka
  }
}

/**
 * The shared broker. Other tests use it at the same time: names of topics and groups come from `unique` or `topic`, and who has
 * to stop or configure a broker starts one with `startKafka`.
 */
export function useKafka(): KafkaInUse {
  return new KafkaInUse(inject('kafka'))
}

export class KafkaInUse {
  readonly #shared: SharedKafka

  constructor(shared: SharedKafka) {
    this.#shared = shared
  }

  get bootstrap(): string[] {
    return this.#shared.bootstrap
  }

  /** As `4.3.1`; of `KAFKA_BROKERS` it is what `KAFKA_VERSION` says. */
  get version(): string {
    return this.#shared.version
  }

  /** For tests of what older brokers lack: `test.skipIf(!kafka.atLeast('3.0'))`. */
  atLeast(version: string): boolean {
    return atLeast(this.version, version)
  }

  /** A name that no other test of any run has, which says whose it is. */
  unique(prefix = 'test'): string {
    const test = (expect.getState().currentTestName ?? '').replace(/[^a-zA-Z0-9]+/g, '-').slice(0, 80)
    return `${prefix}-${randomBytes(5).toString('hex')}${test === '' ? '' : `-${test}`}`
  }

  /** Creates a topic of its own for a test; resolves with its name when its partitions have leaders. */
  async topic(settings: Omit<NewTopic, 'name'> = {}): Promise<string> {
    const name = this.unique('topic')
    const brokers = this.bootstrap.map((address) => {
      const at = address.lastIndexOf(':')
      return { host: address.slice(0, at), port: Number(address.slice(at + 1)) }
    })
    await createTopic(brokers, { name, partitions: 1, ...settings })
    return name
  }

  /** Runs one of Kafka's console tools; see `KafkaCluster.tool`. */
  tool(className: string, args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return runTool(this.#shared.tools, className, args, options)
  }
}
