import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'

/** The hashes that SCRAM and delegation tokens are made of. */
export type HashName = 'sha256' | 'sha512'

export function hash(name: HashName, data: Uint8Array | string): Buffer {
  return createHash(name).update(data).digest()
}

export function hmac(name: HashName, key: Uint8Array | string, data: Uint8Array | string): Buffer {
  return createHmac(name, key).update(data).digest()
}

/**
 * PBKDF2 of RFC 8018, as long as the hash is. It works for milliseconds on libuv's pool, so it goes through
 * `Runtime.offload`.
 */
export function deriveKey(
  name: HashName,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<Buffer> {
  const length = name === 'sha256' ? 32 : 64
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, length, name, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

/** Whether two secrets are equal, in a time that tells nothing of where they differ. */
export function areEqualSecrets(a: Uint8Array | string, b: Uint8Array | string): boolean {
  // Hashed first, so that lengths may differ and tell nothing either.
  return timingSafeEqual(hash('sha256', a), hash('sha256', b))
}
