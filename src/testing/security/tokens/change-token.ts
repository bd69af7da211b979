import { ErrorCodes } from '../../../protocol/error-codes.ts'
import type { RequestContext } from '../../server/handler.ts'
import type { DelegationTokens, TokenOutcome } from './delegation-tokens.ts'

/** Renews or ends a token, for whoever may have tokens at all. */
export function changeToken(
  { broker, identity }: RequestContext,
  change: (tokens: DelegationTokens) => TokenOutcome,
): { errorCode: number; expiryTimestampMs: bigint } {
  const refused = (errorCode: number) => ({ errorCode, expiryTimestampMs: -1n })
  const { tokens } = broker.cluster.security
  if (!identity.mayHaveTokens) return refused(ErrorCodes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED)
  if (tokens === undefined) return refused(ErrorCodes.DELEGATION_TOKEN_AUTH_DISABLED)
  const { errorCode, expiryTimestampMs } = change(tokens)
  return { errorCode, expiryTimestampMs: BigInt(expiryTimestampMs) }
}
