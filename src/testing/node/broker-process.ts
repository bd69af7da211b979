import type { Logger, Runtime } from '../../runtime/runtime.ts'
import { Announcements } from '../control/announcements.ts'
import type { FaultRules } from '../faults/fault-rules.ts'
import { FetchSessions } from '../fetch/fetch-sessions.ts'
import { ReplicaManager } from '../replication/replica-manager.ts'
import { BrokerServer, type ConnectionFacts } from '../server/broker-server.ts'
import type { BrokerContext } from '../server/handler.ts'
import { ShareSessions } from '../share/share-sessions.ts'
import type { BrokerNode, ClusterState } from '../state/cluster-state.ts'
import { MetadataView } from '../state/metadata-view.ts'

export interface BrokerProcessOptions {
  readonly id: number
  readonly host: string
  /** 0 takes a free one, and keeps it. */
  readonly port: number
  readonly rack: string | null
  readonly runtime: Runtime
  readonly logger: Logger
  readonly faults: FaultRules
}

export type ProcessState = 'stopped' | 'running' | 'paused'

const allowedMoves: Record<ProcessState, readonly ProcessState[]> = {
  stopped: ['running'],
  running: ['stopped', 'paused'],
  paused: ['running', 'stopped'],
}

/**
 * One broker of a cluster: its process, which comes and goes, and its logs, which stay.
 *
 *   stopped --start--> running <--pause, resume--> paused
 *      ^                  |                          |
 *      +-- stop or kill --+---------- kill ----------+
 */
export class BrokerProcess {
  readonly id: number
  readonly replicas: ReplicaManager
  readonly announcements: Announcements
  readonly #cluster: ClusterState
  readonly #options: BrokerProcessOptions
  #node: BrokerNode
  #view: MetadataView
  #server: BrokerServer | undefined
  #state: ProcessState = 'stopped'

  constructor(cluster: ClusterState, options: BrokerProcessOptions) {
    const { id, host, port, rack, runtime } = options
    this.id = id
    this.#cluster = cluster
    this.#options = options
    this.#node = { id, host, port, rack }
    this.replicas = new ReplicaManager({
      nodeId: id,
      peers: cluster,
      budget: cluster.storage,
      runtime,
      replicationDelayMs: cluster.delays.replicationMs,
    })
    this.#view = this.#emptyView()
    this.announcements = new Announcements(runtime.timers, cluster.delays.metadataMs, (announcement) =>
      this.#view.take(announcement),
    )
    cluster.addProcess(this)
  }

  get node(): BrokerNode {
    return this.#node
  }

  get state(): ProcessState {
    return this.#state
  }

  /** It answers what reaches it. */
  get isResponsive(): boolean {
    return this.#state === 'running'
  }

  /** What this broker knows of the cluster. It begins anew with each start. */
  get view(): MetadataView {
    return this.#view
  }

  #move(to: ProcessState): void {
    if (!allowedMoves[this.#state].includes(to)) {
      throw new Error(`broker ${this.id} is ${this.#state}; it cannot become ${to}`)
    }
    this.#state = to
  }

  async start(): Promise<void> {
    const { runtime, logger, host, faults } = this.#options
    const cluster = this.#cluster
    const { settings } = cluster.configs
    this.#move('running')
    const view = this.#emptyView()
    this.#view = view
    try {
      this.#server = await BrokerServer.listen(
        runtime,
        { host, port: this.#node.port },
        cluster.offer.handlers,
        (address): BrokerContext => {
          this.#node = { ...this.#node, host: address.host, port: address.port }
          const fetchSessions = new FetchSessions(runtime, settings.fetchSessionSlots)
          const shareSessions = new ShareSessions(settings.shareSessionsMax)
          const { topics } = view
          const { node, replicas } = this
          return {
            node,
            cluster,
            view,
            topics,
            replicas,
            settings,
            fetchSessions,
            shareSessions,
            faults,
            runtime,
            logger,
          }
        },
      )
    } catch (error) {
      this.#move('stopped')
      throw error
    }
    cluster.connectionsChanged()
  }

  /** Ends in peace: others lead its partitions before it hangs up. */
  async stop(): Promise<void> {
    this.#cluster.sayGoodbye(this.id)
    await this.kill()
  }

  /** Ends at once, as `kill -9` does: connections break, and nobody is told. What is in its logs stays. */
  async kill(): Promise<void> {
    this.#move('stopped')
    const server = this.#server
    this.#server = undefined
    this.#cluster.connectionsChanged()
    this.replicas.stop()
    await server?.close()
  }

  /** The cluster is closed: nothing stays. */
  async end(): Promise<void> {
    if (this.#state !== 'stopped') await this.kill()
    this.announcements.stop()
    this.replicas.discard()
  }

  /** Holds still, as `kill -STOP` does: connections stay open and nothing is answered. */
  pause(): void {
    this.#move('paused')
    this.#server!.pause()
    this.#cluster.connectionsChanged()
  }

  resume(): void {
    this.#move('running')
    this.#cluster.connectionsChanged()
    this.#server!.resume()
  }

  /** Closes the connections that the filter picks, all without one, and gives their number. */
  dropConnections(filter?: (connection: ConnectionFacts) => boolean): number {
    return this.#server?.dropConnections(filter) ?? 0
  }

  #emptyView(): MetadataView {
    return new MetadataView(this.#cluster.configs, this.replicas)
  }
}
