import type { Runtime, Timer } from '../../runtime/runtime.ts'
import type { ClusterState } from './cluster-state.ts'

/** Drops what has outlived its time, every `log.retention.check.interval.ms`. */
export class Housekeeping {
  readonly #cluster: ClusterState
  readonly #runtime: Runtime
  #timer: Timer

  constructor(cluster: ClusterState, runtime: Runtime) {
    this.#cluster = cluster
    this.#runtime = runtime
    this.#timer = this.#later()
  }

  stop(): void {
    this.#timer.cancel()
  }

  #later(): Timer {
    return this.#runtime.timers.after(this.#cluster.configs.settings.retentionCheckIntervalMs, () => {
      this.#sweep(this.#runtime.clock.now())
      this.#timer = this.#later()
    })
  }

  #sweep(nowMs: number): void {
    const { topics, groups, configs } = this.#cluster
    const producersSinceMs = nowMs - configs.settings.producerIdExpirationMs
    for (const topic of topics) {
      const { retentionMs, retentionBytes, deletesOldRecords } = topic.settings
      for (const { log } of topic.partitions) {
        if (deletesOldRecords && retentionMs >= 0) log.retainSince(nowMs - retentionMs)
        if (deletesOldRecords && retentionBytes >= 0) log.retainBytes(retentionBytes)
        log.producers.expire(producersSinceMs)
      }
    }
    groups.expire(nowMs)
  }
}
