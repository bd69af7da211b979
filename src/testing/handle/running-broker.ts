import { ConfigurationError } from '../../errors.ts'
import { Kafka, type KafkaOptions } from '../../kafka.ts'
import type { Logger, Runtime } from '../../runtime/runtime.ts'
import type { Place } from '../control/links.ts'
import type { Faults } from '../faults/fault-rules.ts'
import { rememberCluster } from '../internals.ts'
import { checkTopicOptions, type TopicOptions } from '../options.ts'
import { planPartitions } from '../state/add-partitions.ts'
import type { ClusterState } from '../state/cluster-state.ts'
import type { CoordinatorKind } from '../state/coordinators.ts'
import { createTopic } from '../state/create-topic.ts'
import { internalTopicOf, partitionOfKey } from '../state/internal-topics.ts'
import type { Partition } from '../state/partition.ts'
import type { Topic } from '../state/topic.ts'
import type { PushedMetrics } from '../telemetry/telemetry.ts'
import type { AdjustableRuntime } from '../time/adjustable-runtime.ts'
import { type BrokerTime, brokerTime } from '../time/broker-time.ts'

import type { Broker, BrokerNodeHandle, PartitionStatus } from './broker-handle.ts'
import { NodeHandle } from './node-handle.ts'

/** What `startBroker` gives. */
export class RunningBroker implements Broker {
  readonly clusterId: string
  readonly faults: Faults
  readonly time: BrokerTime
  readonly #cluster: ClusterState
  readonly #runtime: Runtime
  readonly #logger: Logger | undefined
  readonly #clients = new Set<Kafka>()
  #closing: Promise<void> | undefined

  constructor(cluster: ClusterState, faults: Faults, runtime: AdjustableRuntime, logger: Logger | undefined) {
    this.clusterId = cluster.clusterId
    this.faults = faults
    this.time = brokerTime(runtime)
    this.#cluster = cluster
    this.#runtime = runtime
    this.#logger = logger
    rememberCluster(this, cluster)
  }

  get brokers(): string[] {
    return this.nodes.map(({ host, port }) => `${host}:${port}`)
  }

  get host(): string {
    return this.nodes[0].host
  }

  get port(): number {
    return this.nodes[0].port
  }

  get nodes(): readonly BrokerNodeHandle[] {
    return [...this.#cluster.processes()].map((process) => new NodeHandle(process))
  }

  get telemetry(): readonly PushedMetrics[] {
    return this.#cluster.telemetry.pushed
  }

  node(id: number): BrokerNodeHandle {
    const process = this.#cluster.process(id)
    if (process === undefined) throw new ConfigurationError(`there is no broker ${id} in this cluster`)
    return new NodeHandle(process)
  }

  kafka(options: Omit<KafkaOptions, 'brokers' | 'runtime'> = {}): Kafka {
    if (this.#cluster.security.sasl !== undefined) {
      throw new ConfigurationError(
        'kafka: a broker with sasl asks for a login, and this client cannot log in yet',
      )
    }
    const kafka = new Kafka({
      ...(this.#logger !== undefined && { logger: this.#logger }),
      ...options,
      brokers: this.brokers,
      runtime: this.#runtime,
    })
    this.#clients.add(kafka)
    return kafka
  }

  createTopic(name: string, topic: number | TopicOptions = {}): void {
    const { partitions, replicas, configs } = checkTopicOptions(name, topic)
    const created = createTopic(this.#cluster, {
      name,
      partitions,
      replicationFactor: replicas,
      configs: Object.entries(configs).map(([config, value]) => ({ name: config, value: String(value) })),
    })
    if ('errorCode' in created) {
      throw new ConfigurationError(`the topic "${name}" cannot be: ${created.errorMessage}`)
    }
  }

  addPartitions(name: string, count: number): void {
    const topic = this.#topic(name)
    const assignments = planPartitions(this.#cluster, topic, count, null)
    if ('errorCode' in assignments) {
      throw new ConfigurationError(`"${name}" cannot have ${count} partitions: ${assignments.errorMessage}`)
    }
    this.#cluster.controller.addPartitions(topic, assignments)
  }

  deleteTopic(name: string): void {
    this.#cluster.controller.deleteTopic(this.#topic(name))
  }

  partition(topic: string, index: number): PartitionStatus {
    const truth = this.#partition(topic, index)
    const { leaderId, leaderEpoch, replicas, isr } = truth
    const replicaOf = (id: number) => this.#cluster.process(id)?.replicas.replicaOf(truth.topic.id, index)
    const leader = replicaOf(leaderId)
    return {
      leader: leaderId,
      leaderEpoch,
      replicas,
      isr,
      startOffset: leader?.log.startOffset ?? -1,
      highWatermark: leader?.highWatermark ?? -1,
      endOffsets: new Map(replicas.map((id) => [id, replicaOf(id)?.log.endOffset ?? 0])),
    }
  }

  moveLeader(topic: string, index: number, to?: number): void {
    const partition = this.#partition(topic, index)
    const target = to ?? nextInSync(partition)
    const outcome = this.#cluster.controller.elect(partition.topic, index, target)
    if (outcome === 'elected' || (outcome === 'not needed' && to !== undefined)) return
    throw new ConfigurationError(
      `broker ${target} cannot lead ${topic}[${index}] now: it is not in sync, or not alive`,
    )
  }

  moveCoordinator(key: string, to?: number, kind: CoordinatorKind = 'group'): void {
    this.#cluster.createInternalTopic(kind)
    const { name, partitions } = internalTopicOf(kind, this.#cluster.configs)
    this.moveLeader(name, partitionOfKey(key, partitions), to)
  }

  moveController(to?: number): void {
    this.#cluster.moveController(to)
  }

  cut(a: Place, b: Place): void {
    this.#cluster.cut(a, b)
  }

  heal(a?: Place, b?: Place): void {
    if (a === undefined || b === undefined) this.#cluster.mendAll()
    else this.#cluster.mend(a, b)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.faults.clear()
    await Promise.all([...this.#clients].map((kafka) => kafka.close()))
    const processes = [...this.#cluster.processes()]
    await Promise.all(processes.map((process) => process.end()))
    this.#cluster.close()
  }

  #topic(name: string): Topic {
    const topic = this.#cluster.topics.byName(name)
    if (topic === undefined) throw new ConfigurationError(`there is no topic "${name}"`)
    return topic
  }

  #partition(topic: string, index: number): Partition {
    const partition = this.#topic(topic).partitions[index]
    if (partition === undefined) throw new ConfigurationError(`"${topic}" has no partition ${index}`)
    return partition
  }
}

/** The in-sync replica after the leader, going round. */
function nextInSync({ replicas, isr, leaderId }: Partition): number {
  const candidates = replicas.filter((id) => isr.includes(id))
  return candidates[(candidates.indexOf(leaderId) + 1) % candidates.length]
}
