import type { BrokerProcess, ProcessState } from '../node/broker-process.ts'
import type { ConnectionFacts } from '../server/broker-server.ts'

import type { BrokerNodeHandle } from './broker-handle.ts'

export class NodeHandle implements BrokerNodeHandle {
  readonly #process: BrokerProcess

  constructor(process: BrokerProcess) {
    this.#process = process
  }

  get id(): number {
    return this.#process.id
  }

  get host(): string {
    return this.#process.node.host
  }

  get port(): number {
    return this.#process.node.port
  }

  get state(): ProcessState {
    return this.#process.state
  }

  start(): Promise<void> {
    return this.#process.start()
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  async restart(): Promise<void> {
    if (this.state === 'running') await this.stop()
    else if (this.state === 'paused') await this.kill()
    await this.start()
  }

  pause(): void {
    this.#process.pause()
  }

  resume(): void {
    this.#process.resume()
  }

  dropConnections(filter?: (connection: ConnectionFacts) => boolean): number {
    return this.#process.dropConnections(filter)
  }
}
