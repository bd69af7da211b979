import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  DescribeUserScramCredentials,
  type DescribeUserScramCredentialsRequest,
  type DescribeUserScramCredentialsResponse,
  type DescribeUserScramCredentialsResult,
} from '../../protocol/messages/describe-user-scram-credentials.ts'
import { type ScramCredentials, type ScramName, scramMechanisms } from '../security/sasl/scram-credentials.ts'
import type { Handler } from '../server/handler.ts'

/** What there is to log in with, never the secrets themselves (KIP-554). */
export const describeUserScramCredentials: Handler<
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse
> = {
  api: DescribeUserScramCredentials,
  versions: [0, 0],

  handle({ users }, { broker }) {
    const { scram } = broker.cluster.security
    const isForAll = users === null || users.length === 0
    const names = isForAll ? scram.users() : users.map(({ name }) => name)
    const results = [...new Set(names)].map((name): Draft<DescribeUserScramCredentialsResult> => {
      const failed = (errorCode: number, errorMessage: string) => ({ user: name, errorCode, errorMessage })
      if (names.indexOf(name) !== names.lastIndexOf(name)) {
        return failed(ErrorCodes.DUPLICATE_RESOURCE, `the user "${name}" is named more than once`)
      }
      const credentialInfos = describe(scram, name)
      if (credentialInfos.length === 0) {
        return failed(ErrorCodes.RESOURCE_NOT_FOUND, `the user "${name}" has no SCRAM credentials`)
      }
      return { user: name, errorMessage: '', credentialInfos }
    })
    return { errorMessage: '', results }
  },
}

function describe(scram: ScramCredentials, user: string) {
  return (Object.keys(scramMechanisms) as ScramName[]).flatMap((name) => {
    const credential = scram.get(name, user)
    return credential === undefined
      ? []
      : [{ mechanism: scramMechanisms[name].code, iterations: credential.iterations }]
  })
}
