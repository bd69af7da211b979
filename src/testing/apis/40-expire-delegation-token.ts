import {
  ExpireDelegationToken,
  type ExpireDelegationTokenRequest,
  type ExpireDelegationTokenResponse,
} from '../../protocol/messages/expire-delegation-token.ts'
import { changeToken } from '../security/tokens/change-token.ts'
import type { Handler } from '../server/handler.ts'

/** Now, with a period below 0, or later. */
export const expireDelegationToken: Handler<ExpireDelegationTokenRequest, ExpireDelegationTokenResponse> = {
  api: ExpireDelegationToken,
  versions: [1, 2],

  handle({ hmac, expiryTimePeriodMs }, context) {
    return changeToken(context, (tokens) =>
      tokens.expire(hmac, context.principal, Number(expiryTimePeriodMs)),
    )
  },
}
