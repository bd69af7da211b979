import { ErrorCodes } from '../protocol/error-codes.ts'

/** Codes with which a broker says that it is not the one to ask. */
const routingCodes: ReadonlySet<number> = new Set([
  ErrorCodes.NOT_CONTROLLER,
  ErrorCodes.NOT_COORDINATOR,
  ErrorCodes.COORDINATOR_NOT_AVAILABLE,
  ErrorCodes.COORDINATOR_LOAD_IN_PROGRESS,
])

/**
 * The code in a response that says that another broker has to be asked, or the same one later. Some responses
 * have it on top, others in each of their topics or groups; what was refused so was not carried out.
 */
export function routingErrorOf(response: unknown): number | undefined {
  const own = codeOf(response)
  if (own !== undefined) return own
  for (const field of Object.values(response as object)) {
    if (!Array.isArray(field)) continue
    for (const item of field) {
      const code = codeOf(item)
      if (code !== undefined) return code
    }
  }
  return undefined
}

function codeOf(part: unknown): number | undefined {
  const { errorCode } = (part ?? {}) as { errorCode?: number }
  return errorCode !== undefined && routingCodes.has(errorCode) ? errorCode : undefined
}
