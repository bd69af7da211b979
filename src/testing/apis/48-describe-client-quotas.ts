import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  type ComponentData,
  DescribeClientQuotas,
  type DescribeClientQuotasRequest,
  type DescribeClientQuotasResponse,
} from '../../protocol/messages/describe-client-quotas.ts'
import { isEntityType } from '../security/quotas/check-quotas.ts'
import type { EntityType, QuotaEntity } from '../security/quotas/client-quotas.ts'
import type { Handler } from '../server/handler.ts'
import { type Problem, problem } from '../state/create-topic.ts'

const matchTypes = { exact: 0, theDefault: 1, any: 2 } as const

/** The entities that all components match; `strict` leaves out those that are of other types besides (KIP-546). */
export const describeClientQuotas: Handler<DescribeClientQuotasRequest, DescribeClientQuotasResponse> = {
  api: DescribeClientQuotas,
  versions: [0, 1],

  handle({ components, strict }, { broker }) {
    const what = filterProblem(components)
    if (what !== undefined) return { ...what, entries: null }
    const isAsked = (entity: QuotaEntity) =>
      components.every((component) => matches(component, entity)) &&
      (!strict || entity.size === components.length)
    const found = [...broker.cluster.security.quotas.entries()].filter(({ entity }) => isAsked(entity))
    return {
      errorMessage: '',
      entries: found.map(({ entity, values }) => ({
        entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
        values: [...values].map(([key, value]) => ({ key, value })),
      })),
    }
  },
}

function matches({ entityType, matchType, match }: ComponentData, entity: QuotaEntity): boolean {
  const name = entity.get(entityType as EntityType)
  if (name === undefined) return false
  if (matchType === matchTypes.any) return true
  return name === (matchType === matchTypes.exact ? match : null)
}

function filterProblem(components: readonly ComponentData[]): Problem | undefined {
  const invalid = (what: string) => problem(ErrorCodes.INVALID_REQUEST, what)
  const types = components.map(({ entityType }) => entityType)
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') return invalid('a component has no type')
    if (!isEntityType(entityType)) {
      return problem(ErrorCodes.UNSUPPORTED_VERSION, `there are no quotas for a ${entityType}`)
    }
    if (types.indexOf(entityType) !== types.lastIndexOf(entityType))
      return invalid(`${entityType} is there twice`)
    if (matchType < matchTypes.exact || matchType > matchTypes.any)
      return invalid(`there is no match ${matchType}`)
    if ((matchType === matchTypes.exact) !== (match !== null)) {
      return invalid('a name goes with an exact match, and with no other')
    }
  }
  return types.includes('ip') && types.length > 1 ? invalid('an address stands alone') : undefined
}
