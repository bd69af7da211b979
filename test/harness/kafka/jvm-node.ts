import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaNode } from './node.ts'
import type { Address } from './raw-request.ts'
import { SupervisedProcess } from './supervised-process.ts'

/** A node in a JVM of this machine, started anew each time with the same configuration and data. */
export class JvmNode implements KafkaNode {
  readonly id: number
  readonly role: KafkaNode['role']
  readonly listeners: Readonly<Record<string, Address>>
  readonly logFile: string
  readonly #args: readonly string[]
  readonly #registrationMs: number
  #killedAt = Number.NEGATIVE_INFINITY
  #process: SupervisedProcess | undefined

  constructor(node: {
    id: number
    role: KafkaNode['role']
    listeners: Readonly<Record<string, Address>>
    logFile: string
    /** Of `java`: flags, main class, its arguments. */
    args: readonly string[]
    /**
     * How long its registration outlives it when it is killed. If it starts again before, it finds its place taken and gives up;
     * so `start` waits. Default: 0.
     */
    registrationMs?: number
  }) {
    this.id = node.id
    this.role = node.role
    this.listeners = node.listeners
    this.logFile = node.logFile
    this.#args = node.args
    this.#registrationMs = node.registrationMs ?? 0
  }

  get pid(): number {
    return this.#running().pid
  }

  get ended(): string | undefined {
    const exit = this.#process?.exit
    if (exit === undefined) return undefined
    return exit.signal === null ? `ended with code ${exit.code}` : `was ended by ${exit.signal}`
  }

  async start(): Promise<void> {
    if (this.#process !== undefined && this.#process.exit === undefined) {
      throw new Error(`node ${this.id} runs already`)
    }
    await sleep(Math.max(0, this.#killedAt + this.#registrationMs - Date.now()))
    this.#process = new SupervisedProcess('java', this.#args, { logFile: this.logFile })
  }

  async stop(): Promise<void> {
    this.#process?.signal('SIGCONT') // a paused one would never hear of it
    await this.#process?.stop()
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
    this.#killedAt = Date.now()
  }

  async pause(): Promise<void> {
    this.#running().signal('SIGSTOP')
  }

  async resume(): Promise<void> {
    this.#running().signal('SIGCONT')
  }

  #running(): SupervisedProcess {
    if (this.#process === undefined) throw new Error(`node ${this.id} was not started`)
    return this.#process
  }
}
