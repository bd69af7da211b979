/** Who is at the other end of a connection. */
export interface Identity {
  /** As `User:alice`. */
  readonly principal: string
  /** Whether it may ask for delegation tokens: who is nobody, or came with a token itself, may not (KIP-48). */
  readonly mayHaveTokens: boolean
}

/** Who has not said who it is. */
export const anonymous: Identity = { principal: 'User:ANONYMOUS', mayHaveTokens: false }

/** The principal of a user name. */
export function userPrincipal(name: string): string {
  return `User:${name}`
}

/** A principal's two parts; the name may have colons. Undefined when it is none. */
export function parsePrincipal(principal: string): { type: string; name: string } | undefined {
  const colon = principal.indexOf(':')
  if (colon < 1) return undefined
  return { type: principal.slice(0, colon), name: principal.slice(colon + 1) }
}
