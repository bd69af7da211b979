import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  DescribeDelegationToken,
  type DescribeDelegationTokenRequest,
  type DescribeDelegationTokenResponse,
  type DescribedDelegationToken,
} from '../../protocol/messages/describe-delegation-token.ts'
import { accessOf } from '../security/access.ts'
import { parsePrincipal } from '../security/identity.ts'
import { type DelegationToken, isOwnerOrRenewer } from '../security/tokens/delegation-token.ts'
import type { Handler } from '../server/handler.ts'

const firstVersionWithRequester = 3

/** One's own tokens and those that one may renew; with an ACL others', too. */
export const describeDelegationToken: Handler<
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse
> = {
  api: DescribeDelegationToken,
  versions: [1, 3],

  handle({ owners }, context) {
    const { broker, identity, principal, version } = context
    const { tokens } = broker.cluster.security
    if (!identity.mayHaveTokens) return { errorCode: ErrorCodes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED }
    if (tokens === undefined) return { errorCode: ErrorCodes.DELEGATION_TOKEN_AUTH_DISABLED }
    const wanted = owners?.map(({ principalType, principalName }) => `${principalType}:${principalName}`)
    const access = accessOf(context)
    const isVisible = (token: DelegationToken) =>
      (wanted === undefined || wanted.some((owner) => isOwnerOrRenewer(token, owner))) &&
      (isOwnerOrRenewer(token, principal) ||
        access === undefined ||
        access.may('describe', 'delegationToken', token.tokenId) ||
        access.may('describeTokens', 'user', token.owner))
    return {
      tokens: tokens
        .all()
        .filter(isVisible)
        .map((token) => describe(token, version)),
    }
  },
}

function describe(token: DelegationToken, version: number): Draft<DescribedDelegationToken> {
  const owner = parsePrincipal(token.owner)!
  const requester = parsePrincipal(token.requester)!
  return {
    principalType: owner.type,
    principalName: owner.name,
    ...(version >= firstVersionWithRequester && {
      tokenRequesterPrincipalType: requester.type,
      tokenRequesterPrincipalName: requester.name,
    }),
    issueTimestamp: BigInt(token.issuedAtMs),
    expiryTimestamp: BigInt(token.expiresAtMs),
    maxTimestamp: BigInt(token.endsAtMs),
    tokenId: token.tokenId,
    hmac: token.hmac,
    renewers: token.renewers.map((renewer) => {
      const { type, name } = parsePrincipal(renewer)!
      return { principalType: type, principalName: name }
    }),
  }
}
