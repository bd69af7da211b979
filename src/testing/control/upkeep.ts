import type { Timer, Timers } from '../../runtime/runtime.ts'
import type { ClusterState } from '../state/cluster-state.ts'

/** What is done from time to time where there are several brokers: laggards drop out, preferred leaders come back. */
export class Upkeep {
  readonly #cluster: ClusterState
  readonly #timers: Timers
  #timer: Timer | undefined
  #balance: Timer | undefined

  constructor(cluster: ClusterState, timers: Timers) {
    this.#cluster = cluster
    this.#timers = timers
  }

  start(): void {
    this.#watchLag()
    if (this.#cluster.configs.settings.autoLeaderRebalance) this.#rebalance()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#balance?.cancel()
  }

  /** As often as Kafka looks. */
  #watchLag(): void {
    const { replicaLagTimeMaxMs } = this.#cluster.configs.settings
    this.#timer = this.#timers.after(replicaLagTimeMaxMs / 2, () => {
      for (const { isResponsive, replicas } of this.#cluster.processes()) {
        if (isResponsive) replicas.dropLaggards(replicaLagTimeMaxMs)
      }
      this.#watchLag()
    })
  }

  #rebalance(): void {
    this.#balance = this.#timers.after(this.#cluster.configs.settings.imbalanceCheckIntervalMs, () => {
      this.#cluster.controller.preferAll()
      this.#rebalance()
    })
  }
}
