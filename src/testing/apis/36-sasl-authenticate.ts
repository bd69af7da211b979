import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  SaslAuthenticate,
  type SaslAuthenticateRequest,
  type SaslAuthenticateResponse,
} from '../../protocol/messages/sasl-authenticate.ts'
import type { Handler } from '../server/handler.ts'

/** Logins are taken before requests are handled, so one that comes here comes where nobody logs in, or too late. */
export const saslAuthenticate: Handler<SaslAuthenticateRequest, SaslAuthenticateResponse> = {
  api: SaslAuthenticate,
  versions: [0, 2],

  handle() {
    return {
      errorCode: ErrorCodes.ILLEGAL_SASL_STATE,
      errorMessage: 'there is no login to go on with on this connection',
    }
  },
}
