import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  CreateDelegationToken,
  type CreateDelegationTokenRequest,
  type CreateDelegationTokenResponse,
} from '../../protocol/messages/create-delegation-token.ts'
import { accessOf } from '../security/access.ts'
import { parsePrincipal } from '../security/identity.ts'
import type { DelegationTokens } from '../security/tokens/delegation-tokens.ts'
import type { Handler, RequestContext } from '../server/handler.ts'

const userType = 'User'
const firstVersionWithOwner = 3

/** For oneself, or with an ACL (`CREATE_TOKENS`) for somebody else (KIP-48, KIP-373). */
export const createDelegationToken: Handler<CreateDelegationTokenRequest, CreateDelegationTokenResponse> = {
  api: CreateDelegationToken,
  versions: [1, 3],

  async handle(request, context) {
    const { tokens } = context.broker.cluster.security
    const owner = ownerOf(request, context)
    const errorCode = refusal(request, context, owner, tokens)
    const made =
      errorCode === ErrorCodes.NONE
        ? await tokens!.create(owner, context.principal, renewersOf(request), Number(request.maxLifetimeMs))
        : undefined
    const parties = partiesOf(owner, context)
    if (made === undefined) {
      return {
        ...parties,
        errorCode: errorCode === ErrorCodes.NONE ? ErrorCodes.POLICY_VIOLATION : errorCode,
        issueTimestampMs: -1n,
        expiryTimestampMs: -1n,
        maxTimestampMs: -1n,
      }
    }
    return {
      ...parties,
      issueTimestampMs: BigInt(made.issuedAtMs),
      expiryTimestampMs: BigInt(made.expiresAtMs),
      maxTimestampMs: BigInt(made.endsAtMs),
      tokenId: made.tokenId,
      hmac: made.hmac,
    }
  },
}

function ownerOf(
  { ownerPrincipalType: type, ownerPrincipalName: name }: CreateDelegationTokenRequest,
  { principal }: RequestContext,
): string {
  return type === null || type === '' || name === null || name === '' ? principal : `${type}:${name}`
}

function renewersOf({ renewers }: CreateDelegationTokenRequest): string[] {
  return renewers.map(({ principalType, principalName }) => `${principalType}:${principalName}`)
}

function refusal(
  { renewers }: CreateDelegationTokenRequest,
  context: RequestContext,
  owner: string,
  tokens: DelegationTokens | undefined,
): number {
  if (!context.identity.mayHaveTokens) return ErrorCodes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
  if (tokens === undefined) return ErrorCodes.DELEGATION_TOKEN_AUTH_DISABLED
  if (owner !== context.principal) {
    const mayForThem = accessOf(context)?.may('createTokens', 'user', owner) ?? true
    if (!mayForThem) return ErrorCodes.DELEGATION_TOKEN_AUTHORIZATION_FAILED
  }
  return renewers.every(({ principalType }) => principalType === userType)
    ? ErrorCodes.NONE
    : ErrorCodes.INVALID_PRINCIPAL_TYPE
}

function partiesOf(owner: string, { principal, version }: RequestContext) {
  const { type, name } = parsePrincipal(owner)!
  const requester = parsePrincipal(principal)!
  return {
    principalType: type,
    principalName: name,
    ...(version >= firstVersionWithOwner && {
      tokenRequesterPrincipalType: requester.type,
      tokenRequesterPrincipalName: requester.name,
    }),
  }
}
