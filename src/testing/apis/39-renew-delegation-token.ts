import {
  RenewDelegationToken,
  type RenewDelegationTokenRequest,
  type RenewDelegationTokenResponse,
} from '../../protocol/messages/renew-delegation-token.ts'
import { changeToken } from '../security/tokens/change-token.ts'
import type { Handler } from '../server/handler.ts'

export const renewDelegationToken: Handler<RenewDelegationTokenRequest, RenewDelegationTokenResponse> = {
  api: RenewDelegationToken,
  versions: [1, 2],

  handle({ hmac, renewPeriodMs }, context) {
    return changeToken(context, (tokens) => tokens.renew(hmac, context.principal, Number(renewPeriodMs)))
  },
}
