/** How a cluster of the harness is asked for. */
import type { Address } from './raw-request.ts'
import type { KafkaVersion } from './versions.ts'

export type Properties = Record<string, string>

/** What a configuration may need to know of the node that it is for. */
export interface NodeFacts {
  id: number
  /** Where the node's files are: on this machine for a JVM; nothing of use for a container. */
  folder: string
  /** Where clients find each listener. */
  listeners: Readonly<Record<string, Address>>
}

export interface KafkaOptions {
  /** Default: `KAFKA_VERSION` of the environment, or the release that odradek follows. */
  version?: KafkaVersion
  /** Default: 1. */
  brokers?: 1 | 3
  /**
   * Runs the controller (or ZooKeeper, which always is apart) in a process of its own, so that two of three brokers can be
   * killed without losing the quorum. Default: every broker is a controller too.
   */
  separateController?: boolean
  /** Broker properties on top of the harness's own, the same for all nodes or worked out for each. */
  configs?: Properties | ((node: NodeFacts) => Properties)
  /**
   * Listeners besides `PLAINTEXT`, each with its security protocol, as `{ SECURE: 'SASL_SSL' }`; each gets a free port on every
   * broker. What they need else goes into `configs`.
   */
  listeners?: Record<string, 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'>
  /** Arguments of `StorageTool format` besides the usual, as `['--add-scram', 'SCRAM-SHA-256=[name=bob,password=s]']`. */
  formatArgs?: readonly string[]
  /** Folders with classes of a test's own, for plugins of the broker. */
  classFolders?: readonly string[]
  /** JVM flags after the harness's own, so that they win. */
  jvmFlags?: readonly string[]
  /** A broker that is measured gets the flags of Kafka's own start script in place of those for a fast start. Default: `test`. */
  purpose?: 'test' | 'bench'
  /** Where the brokers run. Default: containers if Docker answers and has an image of that version, else JVMs. */
  runIn?: 'jvm' | 'docker'
}
