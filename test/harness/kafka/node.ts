/** One node of a cluster, wherever it runs. */
import type { Address } from './raw-request.ts'

export interface KafkaNode {
  readonly id: number
  /** A combined node counts as a broker. */
  readonly role: 'broker' | 'controller' | 'zookeeper'
  /** Where each listener of a broker is, or ZooKeeper's own; none for a controller. */
  readonly listeners: Readonly<Record<string, Address>>
  /** Grows over all starts of the node. */
  readonly logFile: string
  /** Of the JVM; in a container, as the Docker daemon sees it. */
  readonly pid: number
  /** How it ended; undefined while it runs or before it did. */
  readonly ended: string | undefined
  /** Starts the process; it is not ready yet. A node can be started again after it has ended. */
  start(): Promise<void>
  /** An orderly shutdown. */
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGSTOP: it keeps its connections and says nothing. */
  pause(): Promise<void>
  resume(): Promise<void>
}

/** What differs between a cluster of JVMs and one of containers. */
export interface ClusterParts {
  /** In the order of their start: who keeps the metadata first. */
  readonly nodes: readonly KafkaNode[]
  /** Logs, and the data of JVMs. */
  readonly folder: string
  /** Ends what still runs and removes what was stored; logs stay. */
  close(): Promise<void>
}
