/**
 * Answers in a form that two brokers can be compared by: what differs from one run to the next by right (ids, times,
 * hosts, the words of messages) is replaced by a name, and what has no order gets one.
 */

export type Plain = null | boolean | number | string | Plain[] | { [name: string]: Plain }

const hosts = new Set(['host', 'port', 'clusterId', 'rack', 'clientHost'])
const texts = new Set(['errorMessage', 'acknowledgeErrorMessage', 'batchIndexErrorMessage', 'documentation'])
/** Lists of numbers or words whose order says nothing. */
const unordered = new Set(['partitions', 'subscribedTopicNames'])
const dropped = new Set(['throttleTimeMs'])
/** Lists whose order says nothing and whose elements have no name. */
const nameless = new Set([
  'mechanisms',
  'entries',
  'entity',
  'resources',
  'acls',
  'matchingAcls',
  'credentialInfos',
  'tokens',
])
/** Fields that tell the elements of a list apart, for lists whose order says nothing. */
const identities = [
  'memberId',
  'user',
  'name',
  'topic',
  'topicId',
  'index',
  'partitionIndex',
  'partition',
  'partitionId',
  'groupId',
  'apiKey',
  'key',
]
const nowWithinMs = 3_600_000
const dayMs = 86_400_000
/** When delegation tokens expire, and when they cannot be renewed any more. */
const daysAhead = [0, 1, 7]

export function plain(value: unknown, aliases: ReadonlyMap<string, string>, field = ''): Plain {
  if (value === null || value === undefined) return null
  if (hosts.has(field)) return `<${field}>`
  if (Buffer.isBuffer(value)) return renamed(value.toString('hex'), aliases)
  switch (typeof value) {
    case 'bigint':
      for (const days of daysAhead) {
        if (isNow(Number(value) - days * dayMs)) return days === 0 ? '<now>' : `<in ${days} days>`
      }
      return field === 'producerId' && value >= 0n ? '<id>' : `${value}n`
    case 'number':
      return field === 'sessionId' && value > 0 ? '<id>' : value
    case 'string':
      if (texts.has(field) && value !== '') return '<text>'
      return field === 'topicId' && isRandom(value, aliases) ? '<topicId>' : renamed(value, aliases)
    case 'boolean':
      return value
  }
  if (Array.isArray(value)) {
    if (nameless.has(field)) {
      return value
        .map((item) => plain(item, aliases))
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    }
    const items = value.filter(isComparable).map((item) => plain(item, aliases, field))
    if (unordered.has(field) && items.every((item) => typeof item !== 'object')) {
      return items.sort((a, b) =>
        typeof a === 'number' ? a - Number(b) : String(a).localeCompare(String(b)),
      )
    }
    return items.every((item) => identityOf(item) !== undefined)
      ? items.sort((a, b) => identityOf(a)!.localeCompare(identityOf(b)!))
      : items
  }
  const entries = Object.entries(value as object)
    .filter(([name]) => !dropped.has(name))
    .map(([name, item]) => [name, plain(item, aliases, name)] as const)
  return Object.fromEntries(entries)
}

/** Kafka's tool for formatting sets `min.insync.replicas` for the whole cluster, so its source differs. */
function isComparable(item: unknown): boolean {
  return (item as { name?: unknown } | null)?.name !== 'min.insync.replicas'
}

function isNow(ms: number): boolean {
  return Math.abs(ms - Date.now()) < nowWithinMs
}

/** A topic id that no scenario has named, and that is not one of those made up for topics that there are not. */
function isRandom(topicId: string, aliases: ReadonlyMap<string, string>): boolean {
  return !aliases.has(topicId) && !topicId.startsWith('AAAAAAAAAAAAAAAAAAAA')
}

function renamed(text: string, aliases: ReadonlyMap<string, string>): string {
  let result = text
  for (const [secret, alias] of aliases) result = result.replaceAll(secret, alias)
  return result
}

function identityOf(item: Plain): string | undefined {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) return undefined
  const parts = identities.filter((name) => name in item).map((name) => String(item[name]).padStart(12))
  return parts.length === 0 ? undefined : parts.join('/')
}
