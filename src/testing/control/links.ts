/** A broker by its id, or the controller, which runs apart from the brokers. */
export type Place = number | 'controller'

/** Which of the places inside the cluster can talk to each other. Clients have links of their own. */
export class Links {
  readonly #cut = new Set<string>()

  isOpen(a: Place, b: Place): boolean {
    return this.#cut.size === 0 || !this.#cut.has(pairOf(a, b))
  }

  cut(a: Place, b: Place): void {
    this.#cut.add(pairOf(a, b))
  }

  mend(a: Place, b: Place): void {
    this.#cut.delete(pairOf(a, b))
  }

  mendAll(): void {
    this.#cut.clear()
  }
}

function pairOf(a: Place, b: Place): string {
  return [String(a), String(b)].sort().join('|')
}
