import { Chance } from './chance.ts'
import { type Event, EventQueue } from './event-queue.ts'
import { Host } from './host.ts'
import { SimulatedNetwork } from './network.ts'
import { Sandbox } from './sandbox.ts'
import { type Driven, drive } from './turns.ts'
import type { WireObserver } from './wire-tap.ts'

/** When virtual time begins, as wall clocks have it: a day in 2025. */
const wallStartMs = 1_750_000_000_000

/**
 * All that is simulated: virtual time with one queue of events, hosts, and the network between them. Nothing happens
 * but by events, and all microtasks that one leaves run before the next, so that one seed gives one course of things.
 */
export class World implements Driven {
  readonly chance: Chance
  readonly network: SimulatedNetwork
  /** An error that nobody caught: in an event, or a promise that rejected unheard. */
  onUncaught: (error: unknown) => void = () => {}
  readonly #queue = new EventQueue()
  readonly #hosts = new Map<string, Host>()
  #nowUs = 0
  #steps = 0
  #stopped = false
  #untilUs = Number.POSITIVE_INFINITY
  #awaited: Promise<unknown> | undefined

  constructor(seed: string, observer?: WireObserver) {
    this.chance = new Chance(seed)
    this.network = new SimulatedNetwork(this, observer)
  }

  /** Microseconds since the beginning. */
  get nowUs(): number {
    return this.#nowUs
  }

  get nowMs(): number {
    return this.#nowUs / 1000
  }

  get wallMs(): number {
    return wallStartMs + Math.floor(this.#nowUs / 1000)
  }

  /** How many events have happened. */
  get steps(): number {
    return this.#steps
  }

  /** Events that are to come. */
  get pending(): number {
    return this.#queue.size
  }

  get awaited(): Promise<unknown> | undefined {
    return this.#awaited
  }

  /** A machine of the world, made when it is first asked for. */
  host(name: string): Host {
    let host = this.#hosts.get(name)
    if (host === undefined) {
      host = new Host(this, name)
      this.#hosts.set(name, host)
    }
    return host
  }

  hosts(): IterableIterator<Host> {
    return this.#hosts.values()
  }

  /** Runs something `delayUs` from now. */
  after(delayUs: number, run: () => void): Event {
    return this.#queue.add(this.#nowUs + Math.max(0, Math.round(delayUs)), run)
  }

  cancel(event: Event): void {
    this.#queue.cancel(event)
  }

  /** Virtual time stands still until work of other threads has come in. */
  hold(work: Promise<unknown>): void {
    const release = () => {
      if (this.#awaited === awaited) this.#awaited = undefined
    }
    const awaited = work.then(release, release)
    this.#awaited = awaited
  }

  /** No more events: the run is over. */
  stop(): void {
    this.#stopped = true
  }

  /** Lets time pass until `untilMs`, or until there is nothing more to come, or until `stop`. */
  async run(untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#stopped = false
    this.#untilUs = untilMs * 1000
    const sandbox = Sandbox.install((stray) => this.onUncaught(stray))
    const onRejection = (error: unknown) => this.onUncaught(error)
    process.on('unhandledRejection', onRejection)
    try {
      await drive(this, sandbox)
    } finally {
      process.off('unhandledRejection', onRejection)
      sandbox.uninstall()
    }
    if (!this.#stopped && Number.isFinite(untilMs)) this.#nowUs = Math.max(this.#nowUs, this.#untilUs)
  }

  step(): boolean {
    if (this.#stopped || this.#queue.nextUs() > this.#untilUs) return false
    const event = this.#queue.take()
    if (event === undefined) return false
    const { run } = event
    event.run = undefined
    this.#nowUs = event.atUs
    this.#steps += 1
    try {
      run!()
    } catch (error) {
      this.onUncaught(error)
    }
    return true
  }
}
