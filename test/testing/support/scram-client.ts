/** The client's side of SCRAM, written from RFC 5802, to try the broker's. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

export type Digest = 'sha256' | 'sha512'

export function salted(digest: Digest, password: string, salt: Buffer, iterations: number): Buffer {
  return pbkdf2Sync(password, salt, iterations, digest === 'sha256' ? 32 : 64, digest)
}

export class ScramClient {
  readonly #digest: Digest
  readonly #password: string
  readonly #bare: string
  readonly #header: string
  #signed = ''
  #saltedPassword: Buffer = Buffer.alloc(0)
  /** What the broker added to the nonce. */
  brokerNonce = ''

  constructor(
    digest: Digest,
    name: string,
    password: string,
    more: { extensions?: string; header?: string } = {},
  ) {
    const { extensions = '', header = 'n,,' } = more
    this.#digest = digest
    this.#password = password
    this.#header = header
    this.#bare = `n=${name},r=${clientNonce}${extensions}`
  }

  first(): Buffer {
    return Buffer.from(this.#header + this.#bare)
  }

  final(challenge: Buffer): Buffer {
    const text = challenge.toString()
    const [, nonce, salt, iterations] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(text)!
    this.brokerNonce = nonce.slice(clientNonce.length)
    const withoutProof = `c=${Buffer.from(this.#header).toString('base64')},r=${nonce}`
    this.#signed = `${this.#bare},${text},${withoutProof}`
    this.#saltedPassword = salted(
      this.#digest,
      this.#password,
      Buffer.from(salt, 'base64'),
      Number(iterations),
    )
    const clientKey = this.#hmac(this.#saltedPassword, 'Client Key')
    const storedKey = createHash(this.#digest).update(clientKey).digest()
    const signature = this.#hmac(storedKey, this.#signed)
    const proof = clientKey.map((byte, index) => byte ^ signature[index])
    return Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`)
  }

  /** What the broker has to end with, to show that it knows the password, too. */
  verifier(): string {
    const serverKey = this.#hmac(this.#saltedPassword, 'Server Key')
    return `v=${this.#hmac(serverKey, this.#signed).toString('base64')}`
  }

  #hmac(key: Buffer, data: string): Buffer {
    return createHmac(this.#digest, key).update(data).digest()
  }
}

const clientNonce = 'fyko+d2lbbFgONRv9qkxdawL'
