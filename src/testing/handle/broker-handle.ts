import type { Kafka, KafkaOptions } from '../../kafka.ts'
import type { Faults } from '../faults/fault-rules.ts'
import type { ProcessState } from '../node/broker-process.ts'
import type { TopicOptions } from '../options.ts'
import type { ConnectionFacts } from '../server/broker-server.ts'
import type { CoordinatorKind } from '../state/coordinators.ts'
import type { PushedMetrics } from '../telemetry/telemetry.ts'
import type { BrokerTime } from '../time/broker-time.ts'

/** One broker of the cluster, to be stopped and started. */
export interface BrokerNodeHandle {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly state: ProcessState
  /** Starts it again, on the port that it had, with the records that it had. */
  start(): Promise<void>
  /** Ends it in peace: others lead its partitions before it hangs up. */
  stop(): Promise<void>
  /**
   * Ends it as `kill -9` does: connections break, and the cluster finds out after `broker.session.timeout.ms`. Its
   * records stay, but for those that followers do not have and a new leader does without.
   */
  kill(): Promise<void>
  /** `stop`, or `kill` when it is paused, and `start`. */
  restart(): Promise<void>
  /** Holds it still as `kill -STOP` does: connections stay open and nothing is answered. */
  pause(): void
  /** Ends the pause. */
  resume(): void
  /** Closes the connections of clients that the filter picks, all without one, and gives their number. */
  dropConnections(filter?: (connection: ConnectionFacts) => boolean): number
}

/** A partition as the cluster has it at this moment. */
export interface PartitionStatus {
  /** The leader's id; -1: there is none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  /** The replicas that are in sync. */
  readonly isr: readonly number[]
  /** The leader's; -1 when there is none. */
  readonly startOffset: number
  readonly highWatermark: number
  /** Where the log of each replica ends, by broker id. */
  readonly endOffsets: ReadonlyMap<number, number>
}

/** A running broker, or a cluster of them, for development and tests; see `startBroker`. */
export interface Broker extends AsyncDisposable {
  /** What clients take for `brokers`, as `['127.0.0.1:53211']`: the addresses of all brokers. */
  readonly brokers: string[]
  /** Of the first broker. */
  readonly host: string
  /** Of the first broker. */
  readonly port: number
  /** Kafka's 22-character form. */
  readonly clusterId: string
  readonly nodes: readonly BrokerNodeHandle[]
  /** What is to go wrong: cut connections, errors, delays and more, for requests of your choice. */
  readonly faults: Faults
  /** Its clock and timers, and those of the clients that `kafka` makes. */
  readonly time: BrokerTime
  /** The metrics that clients have pushed, the oldest first; the last 1000. None without the option `telemetry`. */
  readonly telemetry: readonly PushedMetrics[]
  /** @throws ConfigurationError when there is no broker of this id */
  node(id: number): BrokerNodeHandle
  /** A `Kafka` for this broker, in the same runtime. It is closed with the broker, if not before. */
  kafka(options?: Omit<KafkaOptions, 'brokers' | 'runtime'>): Kafka
  /** @throws ConfigurationError for a topic that cannot be, or is there already */
  createTopic(name: string, topic?: number | TopicOptions): void
  /**
   * Gives the topic partitions, up to `count` in all.
   *
   * @throws ConfigurationError when there is no such topic, or it has as many
   */
  addPartitions(name: string, count: number): void
  /** @throws ConfigurationError when there is no such topic */
  deleteTopic(name: string): void
  /** @throws ConfigurationError when there is no such partition */
  partition(topic: string, index: number): PartitionStatus
  /**
   * Makes `to`, a replica that is in sync, the leader; the next such replica when it is left out.
   *
   * @throws ConfigurationError when it cannot lead
   */
  moveLeader(topic: string, index: number, to?: number): void
  /**
   * Makes another broker the coordinator of a group (or of a transactional id, or a share partition): `to`, or the next
   * in sync.
   *
   * @throws ConfigurationError when it cannot be
   */
  moveCoordinator(key: string, to?: number, kind?: CoordinatorKind): void
  /**
   * Makes another broker the one that clients are told of as the controller: `to`, or the next that is alive.
   *
   * @throws ConfigurationError when it is not alive
   */
  moveController(to?: number): void
  /** Cuts the link between two brokers, or between a broker and the controller. Clients reach both all the same. */
  cut(a: number | 'controller', b: number | 'controller'): void
  /** Mends the link between the two; without them, all links. */
  heal(a?: number | 'controller', b?: number | 'controller'): void
  /** Closes what `kafka` has made, drops all connections and forgets everything. Idempotent. */
  close(): Promise<void>
}
