/** What a benchmark is made of. See docs/benchmarks.md for how figures are taken. */

/** Settings of one run, the same for every client in it. */
export interface Settings {
  /** Records that one run of a case works through. */
  records: number
  /** `host:port` of each broker; empty for scenarios that need none. */
  brokers: string[]
}

/** One run of one case by one client. */
export interface Sample {
  seconds: number
  records: number
  bytes: number
  /** Processor time of the client's own process, user and system. */
  cpuSeconds: number
  /** Latency of single calls, where the case takes it. */
  latenciesMs?: number[]
  /** Figures of another kind than rates, as a size in bytes; printed as they are. */
  value?: { amount: number; unit: string }
}

/** A client that is warm and ready to run a case again and again. */
export interface Runner {
  run(): Promise<void | Partial<Sample>>
  close?(): Promise<void>
}

export interface BenchCase {
  name: string
  /** Records of one run, when not `settings.records`. */
  records?(settings: Settings): number
  /** Bytes of keys and values in one record; 0 when megabytes mean nothing here. */
  bytesPerRecord: number
  /** Runs that are measured, after one that is not. Default: 5. */
  rounds?: number
  /** How each client does it; `odradek` is ours, `replay` the bytes alone. */
  clients: Record<string, (settings: Settings) => Promise<Runner>>
}

export interface Scenario {
  name: string
  needsBroker: boolean
  defaultRecords: number
  cases: readonly BenchCase[]
  /** Runs once before the cases, in the parent process: makes topics, fills them. */
  prepare?(settings: Settings): Promise<void>
}

/** The form of `--json`; fields that a case does not have are left out. */
export interface Result {
  scenario: string
  case: string
  client: string
  recordsPerSecond?: number
  megabytesPerSecond?: number
  p50Ms?: number
  p99Ms?: number
  cpuNsPerRecord?: number
  /** Median of the ratios of this client's rate to the replay's, round by round. */
  replayRatio?: number
  /** Lowest and highest rate of the rounds. */
  minRecordsPerSecond?: number
  maxRecordsPerSecond?: number
  value?: number
  unit?: string
}
