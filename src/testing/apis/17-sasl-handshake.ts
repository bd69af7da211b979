import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  SaslHandshake,
  type SaslHandshakeRequest,
  type SaslHandshakeResponse,
} from '../../protocol/messages/sasl-handshake.ts'
import type { Handler } from '../server/handler.ts'

/** Logins are taken before requests are handled, so one that comes here comes where nobody has to log in, or not now. */
export const saslHandshake: Handler<SaslHandshakeRequest, SaslHandshakeResponse> = {
  api: SaslHandshake,
  versions: [0, 1],

  handle() {
    return { errorCode: ErrorCodes.ILLEGAL_SASL_STATE }
  },
}
