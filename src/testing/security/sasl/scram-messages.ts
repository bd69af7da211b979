import { SaslFailure } from './mechanism.ts'

/** What a client begins with (RFC 5802): `n,a=authzid,n=user,r=nonce`, and extensions. */
export interface ClientFirst {
  readonly authorizationId: string
  /** The user's name, or the id of a delegation token. */
  readonly name: string
  readonly nonce: string
  /** `tokenauth=true`: the name is that of a token (KIP-48). */
  readonly isToken: boolean
  /** All behind the header, which goes into what is signed. */
  readonly bare: string
}

export interface ClientFinal {
  readonly nonce: string
  readonly proof: Buffer
  readonly withoutProof: string
}

const saslName = '(?:[^=,\\0]|=2C|=3D)+'
const extension = ',[A-Za-z]+=[^,\\0]+'
const firstPattern = new RegExp(
  `^n,(?:a=(?<authorizationId>${saslName}))?,(?<bare>(?:m=[^,\\0]+,)?n=(?<name>${saslName}),r=(?<nonce>[!-+--~]+)(?<extensions>(?:${extension})*))$`,
)
const finalPattern = new RegExp(
  `^(?<withoutProof>c=[A-Za-z0-9+/=]+,r=(?<nonce>[!-+--~]+)(?:${extension})*?),p=(?<proof>[A-Za-z0-9+/]+={0,2})$`,
)

/** @throws SaslFailure for anything else */
export function parseClientFirst(message: Buffer): ClientFirst {
  const groups = firstPattern.exec(message.toString('utf8'))?.groups
  if (groups === undefined) throw new SaslFailure('the first message is no SCRAM')
  return {
    authorizationId: unescaped(groups.authorizationId ?? ''),
    name: unescaped(groups.name),
    nonce: groups.nonce,
    isToken: groups.extensions.split(',').includes('tokenauth=true'),
    bare: groups.bare,
  }
}

/** @throws SaslFailure for anything else */
export function parseClientFinal(message: Buffer): ClientFinal {
  const groups = finalPattern.exec(message.toString('utf8'))?.groups
  if (groups === undefined) throw new SaslFailure('the final message is no SCRAM')
  const { nonce, proof, withoutProof } = groups
  return { nonce, proof: Buffer.from(proof, 'base64'), withoutProof }
}

function unescaped(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=')
}
