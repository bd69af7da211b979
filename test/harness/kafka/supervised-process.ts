/** Processes that do not outlive the one that started them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Writable } from 'node:stream'

/** How long SIGTERM has to work before SIGKILL follows. */
const STOP_TIMEOUT_MS = 30_000

/**
 * A shell that becomes the command (so the child's process id is the command's) after it has left a watchdog behind: a child
 * of it that reads a pipe which the starter holds open. When the starter is gone, in whatever way, the pipe ends and the
 * watchdog ends the command. A line on the pipe tells it that all is well and it may go.
 */
const WATCHED = `
(read -r _ <&3 || kill -KILL $$) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-
`

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

let listening = false

/** A worker of a test run lives on, with its brokers, when the run is killed; the channel to it closes, and that is its end. */
function exitWithTheRun(): void {
  if (listening || !process.connected) return
  listening = true
  process.once('disconnect', () => process.exit(1))
}

/** One run of one command; output goes to the end of a log file. */
export class SupervisedProcess {
  readonly pid: number
  /** Resolves when the process has ended, however. */
  readonly exited: Promise<Exit>
  #exit: Exit | undefined
  readonly #child: ChildProcess

  constructor(command: string, args: readonly string[], options: { logFile: string; cwd?: string }) {
    exitWithTheRun()
    const log = openSync(options.logFile, 'a')
    const child = spawn('sh', ['-c', WATCHED, 'sh', command, ...args], {
      cwd: options.cwd,
      detached: true, // out of the terminal's process group: an interrupt reaches the test run, which ends us in its own order
      stdio: ['ignore', log, log, 'pipe'],
    })
    closeSync(log)
    if (child.pid === undefined) throw new Error(`cannot start a shell for ${command}`)
    this.#child = child
    this.pid = child.pid
    const watchdog = child.stdio[3] as Writable
    watchdog.on('error', () => {}) // it has ended before us
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal }
        watchdog.end('done\n')
        resolve(this.#exit)
      })
    })
    // Nobody who forgets to end a broker shall hang for it: the watchdog ends it after us.
    child.unref()
    ;(watchdog as unknown as { unref(): void }).unref()
  }

  /** How it ended; undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#exit === undefined) this.#child.kill(signal)
  }

  /** Asks it to end, and makes it when it does not. */
  async stop(timeoutMs = STOP_TIMEOUT_MS): Promise<Exit> {
    this.signal('SIGTERM')
    const timer = setTimeout(() => this.signal('SIGKILL'), timeoutMs)
    const exit = await this.#settled()
    clearTimeout(timer)
    return exit
  }

  /** Ends it at once. */
  kill(): Promise<Exit> {
    this.signal('SIGKILL')
    return this.#settled()
  }

  /** Waits for the end with the event loop held open. */
  async #settled(): Promise<Exit> {
    const alive = setInterval(() => {}, 1_000)
    try {
      return await this.exited
    } finally {
      clearInterval(alive)
    }
  }
}
