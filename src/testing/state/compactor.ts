import type { Runtime, Timer } from '../../runtime/runtime.ts'
import { compact } from '../log/compaction.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { ClusterState } from './cluster-state.ts'
import type { Topic } from './topic.ts'

/** Compacts the logs of topics that want it, `log.cleaner.backoff.ms` after it last looked, one log after the other. */
export class Compactor {
  readonly #cluster: ClusterState
  readonly #runtime: Runtime
  #timer: Timer | undefined
  #isStopped = false

  constructor(cluster: ClusterState, runtime: Runtime) {
    this.#cluster = cluster
    this.#runtime = runtime
    this.#later()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #later(): void {
    const { compactionIntervalMs } = this.#cluster.configs.settings
    if (this.#isStopped || compactionIntervalMs === Number.POSITIVE_INFINITY) return
    this.#timer = this.#runtime.timers.after(compactionIntervalMs, () => {
      this.#compactAll().then(() => this.#later())
    })
  }

  /** Each broker compacts its own replicas. */
  async #compactAll(): Promise<void> {
    for (const { isResponsive, view } of [...this.#cluster.processes()]) {
      if (!isResponsive) continue
      for (const topic of [...view.topics]) {
        if (!topic.settings.compacted) continue
        for (const { replica } of [...topic.partitions]) {
          if (replica === undefined || this.#isStopped) continue
          const { log } = replica
          await this.#compact(log, log.lastStableOffset(replica.highWatermark), topic)
        }
      }
    }
  }

  #compact(log: PartitionLog, stableOffset: number, { settings }: Topic): Promise<boolean> {
    return compact(log, stableOffset, {
      nowMs: this.#runtime.clock.now(),
      deleteRetentionMs: settings.deleteRetentionMs,
      minLagMs: settings.minCompactionLagMs,
      maxLagMs: settings.maxCompactionLagMs,
      minDirtyRatio: settings.minCleanableDirtyRatio,
      segmentBytes: settings.segmentBytes,
      segmentMs: settings.segmentMs,
      maxUncompressedBytes: this.#cluster.configs.settings.requestMaxBytes,
      offload: (job) => this.#runtime.offload(job),
    })
  }
}
