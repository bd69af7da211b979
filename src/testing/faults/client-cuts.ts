/** Which clients are cut from which brokers. */
export class ClientCuts {
  /** By node id; undefined stands for all clients. */
  readonly #cuts = new Map<number, Set<string | undefined>>()

  get isEmpty(): boolean {
    return this.#cuts.size === 0
  }

  cut(nodeId: number, clientId: string | undefined): void {
    const cuts = this.#cuts.get(nodeId) ?? new Set()
    this.#cuts.set(nodeId, cuts.add(clientId))
  }

  /** Without a client all cuts of the node are healed, without a node those of all. */
  heal(nodeId?: number, clientId?: string): void {
    if (nodeId === undefined) {
      this.#cuts.clear()
      return
    }
    const cuts = this.#cuts.get(nodeId)
    if (clientId === undefined) cuts?.clear()
    else cuts?.delete(clientId)
    if (cuts?.size === 0) this.#cuts.delete(nodeId)
  }

  /** A client that has not said its id yet is cut only where all are. */
  isCut(nodeId: number, clientId?: string | null): boolean {
    const cuts = this.#cuts.get(nodeId)
    if (cuts === undefined) return false
    return cuts.has(undefined) || (typeof clientId === 'string' && cuts.has(clientId))
  }
}
