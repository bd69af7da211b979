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
  #process: SupervisedProcess | undefined

  constructor(node: {
    id: number
    role: KafkaNode['role']
    listeners: Readonly<Record<string, Address>>
    logFile: string
    /** Of `java`: flags, main class, its arguments. */
    args: readonly string[]
  }) {
    this.id = node.id
    this.role = node.role
    this.listeners = node.listeners
    this.logFile = node.logFile
    this.#args = node.args
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
    this.#process = new SupervisedProcess('java', this.#args, { logFile: this.logFile })
  }

  async stop(): Promise<void> {
    this.#process?.signal('SIGCONT') // a paused one would never hear of it
    await this.#process?.stop()
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
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
