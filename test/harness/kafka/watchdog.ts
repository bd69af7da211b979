import { type ChildProcess, spawn } from 'node:child_process'

/** Runs a command when this process is gone, in whatever way: a shell waits for the end of a pipe that only we hold open. */
export class Watchdog {
  readonly #shell: ChildProcess

  constructor(command: readonly string[]) {
    this.#shell = spawn('sh', ['-c', 'read -r _ || "$@"', 'sh', ...command], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#shell.on('error', () => {}) // without a shell nothing else works either, and says so
    this.#shell.stdin!.on('error', () => {})
    this.#shell.unref()
    ;(this.#shell.stdin as unknown as { unref(): void }).unref()
  }

  /** What it waits to do is done. */
  dismiss(): void {
    this.#shell.stdin!.end('done\n')
  }
}
