/** What a request names more than once, as Kafka takes it: the first place counts. */
export function uniqueBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>()
  return items.filter((item) => {
    const key = keyOf(item)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** One entry a topic, with all the partitions that a request names for it in several. */
export function mergedByName<P>(
  topics: readonly { readonly name: string; readonly partitions: readonly P[] }[],
): { name: string; partitions: P[] }[] {
  const merged = new Map<string, P[]>()
  for (const { name, partitions } of topics) {
    const known = merged.get(name)
    if (known === undefined) merged.set(name, [...partitions])
    else known.push(...partitions)
  }
  return [...merged].map(([name, partitions]) => ({ name, partitions }))
}
