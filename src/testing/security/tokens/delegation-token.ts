import type { ScramCredential, ScramName } from '../sasl/scram-credentials.ts'

/** A delegation token (KIP-48): who has its HMAC logs in as its owner. */
export interface DelegationToken {
  readonly tokenId: string
  /** As `User:alice`. */
  readonly owner: string
  readonly requester: string
  readonly renewers: readonly string[]
  readonly hmac: Buffer
  readonly issuedAtMs: number
  /** It cannot be renewed past it. */
  readonly endsAtMs: number
  readonly expiresAtMs: number
  /** What clients log in with, whose password is the HMAC in base64. */
  readonly credentials: ReadonlyMap<ScramName, ScramCredential>
}

/** Who may see it, renew it and end it without any ACL. */
export function isOwnerOrRenewer(
  { owner, requester, renewers }: DelegationToken,
  principal: string,
): boolean {
  return owner === principal || requester === principal || renewers.includes(principal)
}
