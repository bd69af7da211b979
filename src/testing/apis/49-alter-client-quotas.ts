import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  AlterClientQuotas,
  type AlterClientQuotasRequest,
  type AlterClientQuotasRequestEntryData,
  type AlterClientQuotasResponse,
} from '../../protocol/messages/alter-client-quotas.ts'
import { entityProblem, quotaProblem } from '../security/quotas/check-quotas.ts'
import type { ClientQuotas, EntityType, QuotaEntity } from '../security/quotas/client-quotas.ts'
import type { Handler } from '../server/handler.ts'
import { grouped } from './grouped.ts'

/** Each entity's changes are made together or not at all (KIP-546). */
export const alterClientQuotas: Handler<AlterClientQuotasRequest, AlterClientQuotasResponse> = {
  api: AlterClientQuotas,
  versions: [0, 1],

  handle({ entries, validateOnly }, { broker }) {
    const { quotas } = broker.cluster.security
    const byEntity = grouped(entries, ({ entity }) => JSON.stringify([...entityOf(entity)].sort()))
    const answers = [...byEntity.values()].map(([entry, ...repetitions]) => {
      const entity = entityOf(entry.entity)
      const what =
        repetitions.length > 0 ? 'the entity is named more than once' : alter(quotas, entry, validateOnly)
      return {
        errorCode: what === undefined ? ErrorCodes.NONE : ErrorCodes.INVALID_REQUEST,
        errorMessage: what ?? null,
        entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
      }
    })
    return { entries: answers }
  },
}

/** The last one counts where a type is named more than once. */
function entityOf(entity: AlterClientQuotasRequestEntryData['entity']): QuotaEntity {
  return new Map(entity.map(({ entityType, entityName }) => [entityType as EntityType, entityName]))
}

/** Changes the quotas of one entity, or says why not. */
function alter(
  quotas: ClientQuotas,
  { entity, ops }: AlterClientQuotasRequestEntryData,
  validateOnly: boolean,
): string | undefined {
  const what = entityProblem(entity)
  if (what !== undefined) return what
  const wanted = entityOf(entity)
  const values = new Map(quotas.valuesOf(wanted))
  const keys = ops.map(({ key }) => key)
  if (new Set(keys).size < keys.length) return 'a quota is named more than once'
  for (const { key, value, remove } of ops) {
    if (remove) {
      values.delete(key)
      continue
    }
    const wrong = quotaProblem(wanted, key, value)
    if (wrong !== undefined) return wrong
    values.set(key, value)
  }
  if (quotas.isFull && quotas.valuesOf(wanted).size === 0) return 'there are as many quotas as there can be'
  if (!validateOnly) quotas.set(wanted, values)
  return undefined
}
