import type { Api } from '../../protocol/message.ts'
import type * as messages from '../../protocol/messages/index.ts'

type Messages = typeof messages

/** The name of an API, as `'Produce'`. */
export type ApiName = {
  [Name in keyof Messages]: Messages[Name] extends Api<infer _Request, infer _Response> ? Name : never
}[keyof Messages]
