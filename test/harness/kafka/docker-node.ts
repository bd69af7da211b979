import { runOrFail } from '../run.ts'
import { type ContainerPlan, startContainer } from './docker.ts'
import type { KafkaNode } from './node.ts'
import type { Address } from './raw-request.ts'
import { SupervisedProcess } from './supervised-process.ts'

/** A node in a container, which is made at the first start and keeps its data until the cluster is closed. */
export class DockerNode implements KafkaNode {
  readonly id: number
  readonly role: KafkaNode['role']
  readonly listeners: Readonly<Record<string, Address>>
  readonly logFile: string
  readonly #plan: ContainerPlan
  #pid: number | undefined
  /** `docker logs --follow`, which ends with the container. */
  #log: SupervisedProcess | undefined

  constructor(node: {
    id: number
    role: KafkaNode['role']
    listeners: Readonly<Record<string, Address>>
    logFile: string
    plan: ContainerPlan
  }) {
    this.id = node.id
    this.role = node.role
    this.listeners = node.listeners
    this.logFile = node.logFile
    this.#plan = node.plan
  }

  get pid(): number {
    if (this.#pid === undefined) throw new Error(`node ${this.id} was not started`)
    return this.#pid
  }

  get ended(): string | undefined {
    return this.#log?.exit === undefined ? undefined : `(container ${this.#plan.name}) ended`
  }

  async start(): Promise<void> {
    const since = new Date().toISOString()
    const again = this.#pid !== undefined
    await docker(again ? ['start', this.#plan.name] : startContainer(this.#plan))
    this.#pid = Number(await docker(['inspect', '--format', '{{.State.Pid}}', this.#plan.name]))
    const args = ['logs', '--follow', ...(again ? ['--since', since] : []), this.#plan.name]
    this.#log = new SupervisedProcess('docker', args, { logFile: this.logFile })
  }

  async stop(): Promise<void> {
    if (this.ended === undefined) await docker(['stop', '--time', '30', this.#plan.name])
    await this.#log?.exited
  }

  async kill(): Promise<void> {
    if (this.ended === undefined) await docker(['kill', this.#plan.name])
    await this.#log?.exited
  }

  async pause(): Promise<void> {
    await docker(['pause', this.#plan.name])
  }

  async resume(): Promise<void> {
    await docker(['unpause', this.#plan.name])
  }
}

async function docker(args: readonly string[]): Promise<string> {
  return (await runOrFail('docker', args)).stdout.trim()
}
