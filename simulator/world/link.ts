import type { Chance } from './chance.ts'

/** The two ways over a link. */
export type Direction = 'out' | 'in'

/**
 * What lies between a client's machine and a listener. Faults change its fields; `out` is the client's way to the
 * listener. Nothing here depends on how many bytes go over it, since the bytes of a compressed batch differ between
 * versions of zlib, and the course of things must not.
 */
export class Link {
  readonly client: string
  readonly listener: string
  /** Draws for this link alone. */
  readonly chance: Chance
  /** One way, at its best. */
  readonly latencyUs: number
  /** What chance adds, at most; now and then it is twenty times as much. */
  readonly jitterUs: number
  /** How many bytes may be on their way in one direction, like the buffers of two kernels. */
  readonly windowBytes: number
  /** Added to both ways by a fault. */
  extraUs = 0
  /** Writes arrive in up to so many pieces. */
  pieces = 3
  /** The pause between two pieces of a write. */
  pieceGapUs = 200
  /** Packets of this direction are lost until the cut is over. */
  readonly cut: Record<Direction, boolean> = { out: false, in: false }
  /** Nobody listens, or so it looks. */
  refusing = false

  constructor(client: string, listener: string, chance: Chance) {
    this.client = client
    this.listener = listener
    this.chance = chance
    this.latencyUs = chance.int(100, 4_000)
    this.jitterUs = chance.int(50, 2_000)
    this.windowBytes = chance.pick([65_536, 262_144, 1_048_576])
  }

  /** How long a packet takes, drawn anew for each. */
  delayUs(): number {
    const spike = this.chance.happens(0.01) ? 20 : 1
    return this.latencyUs + this.extraUs + this.chance.int(0, this.jitterUs * spike)
  }

  /** Into how many pieces a write falls: mostly one. */
  drawPieces(): number {
    return this.pieces === 1 || this.chance.happens(0.7) ? 1 : this.chance.int(2, this.pieces)
  }

  /** As it was before any fault. */
  heal(): void {
    this.extraUs = 0
    this.pieces = 3
    this.pieceGapUs = 200
    this.cut.out = false
    this.cut.in = false
    this.refusing = false
  }
}
