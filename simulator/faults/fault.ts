import type { Stage } from '../stage.ts'
import type { Chance } from '../world/chance.ts'

/** A broker by its id. */
interface OnNode {
  readonly atMs: number
  readonly node: number
}

interface OnLink {
  readonly atMs: number
  readonly client: string
  readonly broker: string
}

/** A fault as a plain value, so that a schedule of them can be printed, replayed and made shorter. Times in milliseconds. */
export type Fault =
  | (OnLink & { readonly kind: 'slow-link'; readonly extraMs: number; readonly forMs: number })
  | (OnLink & {
      readonly kind: 'trickle'
      readonly pieces: number
      readonly gapMs: number
      readonly forMs: number
    })
  | (OnLink & { readonly kind: 'cut'; readonly out: boolean; readonly in: boolean; readonly forMs: number })
  | (OnLink & { readonly kind: 'half-open' })
  | (OnNode & { readonly kind: 'kill-broker'; readonly forMs: number })
  | (OnNode & { readonly kind: 'stop-broker'; readonly forMs: number })
  | (OnNode & { readonly kind: 'pause-broker'; readonly forMs: number })
  /** `other` is a broker's id; 0 stands for the controller. */
  | (OnNode & { readonly kind: 'cut-brokers'; readonly other: number; readonly forMs: number })
  | (OnNode & { readonly kind: 'move-leader'; readonly topic: string; readonly partition: number })
  | (OnNode & { readonly kind: 'move-coordinator' })
  | (OnLink & { readonly kind: 'reset' })
  | (OnLink & { readonly kind: 'refuse'; readonly forMs: number })
  | { readonly kind: 'pause-client'; readonly atMs: number; readonly client: string; readonly forMs: number }
  | {
      readonly kind: 'slow-handler'
      readonly atMs: number
      readonly client: string
      readonly delayMs: number
      readonly forMs: number
    }
  | { readonly kind: 'clock-jump'; readonly atMs: number; readonly client: string; readonly byMs: number }
  | { readonly kind: 'client-comes'; readonly atMs: number; readonly client: string }
  | { readonly kind: 'client-goes'; readonly atMs: number; readonly client: string }
  | { readonly kind: 'client-dies'; readonly atMs: number; readonly client: string }
  | { readonly kind: 'add-partitions'; readonly atMs: number; readonly topic: string; readonly count: number }
  | {
      readonly kind: 'make-topic'
      readonly atMs: number
      readonly topic: string
      readonly partitions: number
    }

export type FaultName = Fault['kind']
export type FaultOf<K extends FaultName> = Extract<Fault, { kind: K }>

/** What a schedule is drawn over: who is there at the time of a fault. */
export interface Cast {
  readonly brokers: readonly string[]
  readonly topics: readonly string[]
  /** Clients that live, as far as the schedule knows; kinds that bring or take some change it. */
  readonly clients: Set<string>
  /** How many clients of a sort there have ever been, for the names of new ones. */
  readonly made: { producer: number; consumer: number; topic: number }
}

/** One kind of fault: how it is drawn, and what it does. */
export interface FaultKind<K extends FaultName = FaultName> {
  readonly kind: K
  /** Undefined when there is nobody to do it to. */
  draw(chance: Chance, atMs: number, cast: Cast): FaultOf<K> | undefined
  /** Does it; does nothing where what it names is not there, as in a schedule that was made shorter. */
  apply(fault: FaultOf<K>, stage: Stage): void
}

/** A client and a broker, for faults between the two. */
export function drawLink(chance: Chance, cast: Cast): { client: string; broker: string } | undefined {
  if (cast.clients.size === 0) return undefined
  return { client: chance.pick([...cast.clients]), broker: chance.pick(cast.brokers) }
}

export function drawClient(chance: Chance, cast: Cast, sort = ''): string | undefined {
  const names = [...cast.clients].filter((name) => name.startsWith(sort))
  return names.length === 0 ? undefined : chance.pick(names)
}
