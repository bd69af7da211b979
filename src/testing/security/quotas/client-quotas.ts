/** Who a quota is for: a name for each type; null is everybody else of that type. */
export type QuotaEntity = ReadonlyMap<EntityType, string | null>
export type EntityType = 'user' | 'client-id' | 'ip'
export type QuotaKey =
  | 'producer_byte_rate'
  | 'consumer_byte_rate'
  | 'request_percentage'
  | 'controller_mutation_rate'
  | 'connection_creation_rate'

export interface QuotaEntry {
  readonly entity: QuotaEntity
  readonly values: ReadonlyMap<string, number>
}

/** A quota that holds for a client, and who shares it. */
export interface QuotaInForce {
  readonly limit: number
  /** Clients of the same key use up the same quota. */
  readonly sharedBy: string
}

/** Beyond so many entities no more get quotas. */
export const maxQuotaEntities = 10_000

/** The quotas of a cluster. */
export class ClientQuotas {
  readonly #entries = new Map<string, QuotaEntry>()

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  get isFull(): boolean {
    return this.#entries.size >= maxQuotaEntities
  }

  entries(): IterableIterator<QuotaEntry> {
    return this.#entries.values()
  }

  valuesOf(entity: QuotaEntity): ReadonlyMap<string, number> {
    return this.#entries.get(keyOf(entity))?.values ?? new Map()
  }

  /** Puts all quotas of an entity in the place of those that it had. */
  set(entity: QuotaEntity, values: ReadonlyMap<string, number>): void {
    if (values.size === 0) this.#entries.delete(keyOf(entity))
    else this.#entries.set(keyOf(entity), { entity, values })
  }

  /** The quota of the most special entity that the client belongs to and that has one; undefined: as much as it likes. */
  inForce(quota: QuotaKey, user: string, clientId: string): QuotaInForce | undefined {
    if (this.isEmpty) return undefined
    for (const [userName, clientName] of [
      [user, clientId],
      [user, null],
      [user, undefined],
      [null, clientId],
      [null, null],
      [null, undefined],
      [undefined, clientId],
      [undefined, null],
    ]) {
      const entity = new Map<EntityType, string | null>()
      if (userName !== undefined) entity.set('user', userName)
      if (clientName !== undefined) entity.set('client-id', clientName)
      const limit = this.valuesOf(entity).get(quota)
      if (limit === undefined) continue
      // Everybody whom a default holds for has that much for himself.
      const sharedBy = JSON.stringify([
        userName === undefined ? undefined : user,
        clientName === undefined ? undefined : clientId,
      ])
      return { limit, sharedBy }
    }
    return undefined
  }
}

function keyOf(entity: QuotaEntity): string {
  return JSON.stringify([...entity].sort(([a], [b]) => (a < b ? -1 : 1)))
}
