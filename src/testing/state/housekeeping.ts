import type { Runtime, Timer } from '../../runtime/runtime.ts'
import type { ClusterState } from './cluster-state.ts'
import { Compactor } from './compactor.ts'
import type { Topic } from './topic.ts'

/** Drops what has outlived its time, every `log.retention.check.interval.ms`, and compacts logs (see `Compactor`). */
export class Housekeeping {
  readonly #cluster: ClusterState
  readonly #runtime: Runtime
  #timer: Timer
  readonly #compactor: Compactor

  constructor(cluster: ClusterState, runtime: Runtime) {
    this.#cluster = cluster
    this.#runtime = runtime
    this.#timer = this.#later()
    this.#compactor = new Compactor(cluster, runtime)
  }

  stop(): void {
    this.#timer.cancel()
    this.#compactor.stop()
  }

  #later(): Timer {
    return this.#runtime.timers.after(this.#cluster.configs.settings.retentionCheckIntervalMs, () => {
      this.#sweep(this.#runtime.clock.now())
      this.#timer = this.#later()
    })
  }

  #sweep(nowMs: number): void {
    for (const { isResponsive, view } of this.#cluster.processes()) {
      if (isResponsive) for (const topic of view.topics) this.#sweepTopic(topic, nowMs)
    }
    this.#cluster.groups.expire(nowMs)
  }

  /** Each broker cleans up its own replicas. */
  #sweepTopic({ settings, partitions }: Topic, nowMs: number): void {
    const { retentionMs, retentionBytes, deletesOldRecords } = settings
    const producersSinceMs = nowMs - this.#cluster.configs.settings.producerIdExpirationMs
    for (const { replica } of partitions) {
      if (replica === undefined) continue
      const { log } = replica
      if (deletesOldRecords && retentionMs >= 0) log.retainSince(nowMs - retentionMs)
      if (deletesOldRecords && retentionBytes >= 0) log.retainBytes(retentionBytes)
      log.producers.expire(producersSinceMs)
    }
  }
}
