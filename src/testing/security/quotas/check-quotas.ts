import type { EntityType, QuotaEntity } from './client-quotas.ts'

/** The types of numbers that quotas are. */
const ofClients: Readonly<Record<string, 'whole' | 'any'>> = {
  producer_byte_rate: 'whole',
  consumer_byte_rate: 'whole',
  request_percentage: 'any',
  controller_mutation_rate: 'any',
}
const ofAddresses: Readonly<Record<string, 'whole' | 'any'>> = { connection_creation_rate: 'whole' }

const types: readonly string[] = ['user', 'client-id', 'ip']
const addressPattern = /^[A-Za-z0-9.:%_-]+$/

export function isEntityType(type: string): type is EntityType {
  return types.includes(type)
}

/** What is wrong with who a quota is wanted for, in a few words, or undefined. */
export function entityProblem(
  entity: readonly { readonly entityType: string; readonly entityName: string | null }[],
): string | undefined {
  if (entity.length === 0) return 'a quota is for a user, a client id or an address'
  for (const { entityType, entityName } of entity) {
    if (!isEntityType(entityType)) return `there are no quotas for a ${entityType}`
    if (entityName === '') return `the ${entityType} has no name`
    if (entityType !== 'ip') continue
    if (entity.some((other) => other.entityType !== 'ip')) return 'an address stands alone'
    if (entityName !== null && !addressPattern.test(entityName)) return `"${entityName}" is no address`
  }
  return undefined
}

/** What is wrong with a quota, in a few words, or undefined. */
export function quotaProblem(entity: QuotaEntity, key: string, value: number): string | undefined {
  const number = (entity.has('ip') ? ofAddresses : ofClients)[key]
  if (number === undefined) return `there is no quota ${key} for such an entity`
  if (!(value > 0)) return `the quota ${key} must be above 0`
  return number === 'whole' && !Number.isInteger(value) ? `the quota ${key} must be whole` : undefined
}
