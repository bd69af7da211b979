import { type Acl, type AclFilter, matches } from './acl.ts'

/** Beyond so many ACLs no more are taken. */
export const maxAcls = 100_000

/** The ACLs of a cluster, by the type of the resource that they are for; each is there once. */
export class AclTable {
  readonly #byType = new Map<number, Map<string, Acl>>()
  #size = 0

  get isFull(): boolean {
    return this.#size >= maxAcls
  }

  /** Those for resources of one type. */
  ofType(resourceType: number): Iterable<Acl> {
    return this.#byType.get(resourceType)?.values() ?? []
  }

  add(acl: Acl): void {
    let ofType = this.#byType.get(acl.resourceType)
    if (ofType === undefined) {
      ofType = new Map()
      this.#byType.set(acl.resourceType, ofType)
    }
    const key = keyOf(acl)
    if (ofType.has(key)) return
    ofType.set(key, acl)
    this.#size += 1
  }

  find(filter: AclFilter): Acl[] {
    return [...this.#byType.values()]
      .flatMap((acls) => [...acls.values()])
      .filter((acl) => matches(filter, acl))
  }

  remove(acl: Acl): void {
    if (this.#byType.get(acl.resourceType)?.delete(keyOf(acl))) this.#size -= 1
  }
}

function keyOf(acl: Acl): string {
  const { resourceName, patternType, principal, host, operation, permissionType } = acl
  return JSON.stringify([resourceName, patternType, principal, host, operation, permissionType])
}
