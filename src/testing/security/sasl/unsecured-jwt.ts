/** What is read from a token. */
export interface TokenPrincipal {
  readonly name: string
  /** By the wall clock; Infinity: never. */
  readonly expiresAtMs: number
}

/**
 * Reads a JSON Web Token without a signature as Kafka's validator for development does: algorithm `none`, the name in
 * `sub`, `exp` in the future, `iat` (if there is one) in the past.
 *
 * @returns undefined for a token that is not valid
 */
export function readUnsecuredJwt(token: string, nowMs: number): TokenPrincipal | undefined {
  const parts = token.split('.')
  if (parts.length !== 3 || parts[2] !== '') return undefined
  const [header, claims] = parts.slice(0, 2).map(parseObject)
  if (header === undefined || claims === undefined || header.alg !== 'none') return undefined
  const { sub, exp, iat } = claims
  if (typeof sub !== 'string' || sub.trim() === '' || typeof exp !== 'number') return undefined
  if (iat !== undefined && (typeof iat !== 'number' || iat * 1000 > nowMs || iat >= exp)) return undefined
  const expiresAtMs = Math.round(exp * 1000)
  return expiresAtMs > nowMs ? { name: sub, expiresAtMs } : undefined
}

function parseObject(part: string): Record<string, unknown> | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
