import { ErrorCodes } from '../protocol/error-codes.ts'
import type { Target } from './routing.ts'

/** Codes with which a broker says that another one has to be asked, or the same one later. */
const controllerCodes: ReadonlySet<number> = new Set([ErrorCodes.NOT_CONTROLLER])
const leaderCodes: ReadonlySet<number> = new Set([
  ErrorCodes.NOT_LEADER_OR_FOLLOWER,
  ErrorCodes.LEADER_NOT_AVAILABLE,
])
const coordinatorCodes: ReadonlySet<number> = new Set([
  ErrorCodes.NOT_COORDINATOR,
  ErrorCodes.COORDINATOR_NOT_AVAILABLE,
  ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS,
])
const none: ReadonlySet<number> = new Set()

/**
 * The code in a response that says that the request did not come to where it belongs, and that nothing of it was
 * carried out: on top of the response, or in each of its topics, partitions or groups. When only some of them were
 * refused so, the others were handled, and what to do is the caller's to say.
 */
export function routingErrorOf(target: Target, response: unknown): number | undefined {
  const codes = codesFor(target)
  return codes.size === 0 ? undefined : unanimous(response, codes)
}

function codesFor(target: Target): ReadonlySet<number> {
  if ('controller' in target) return controllerCodes
  if ('leader' in target) return leaderCodes
  return 'group' in target || 'transactionalId' in target ? coordinatorCodes : none
}

/** The first of the error codes in a part of a response, if all of them are among `codes`. */
function unanimous(part: unknown, codes: ReadonlySet<number>): number | undefined {
  const { errorCode } = part as { errorCode?: number }
  if (errorCode !== undefined && errorCode !== ErrorCodes.NONE)
    return codes.has(errorCode) ? errorCode : undefined
  let first: number | undefined
  for (const field of Object.values(part as object)) {
    if (!Array.isArray(field)) continue
    for (const item of field) {
      if (typeof item !== 'object' || item === null || Buffer.isBuffer(item)) break
      const code = unanimous(item, codes)
      if (code === undefined) return undefined
      first ??= code
    }
  }
  return first
}
