import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  AlterUserScramCredentials,
  type AlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsResponse,
  type AlterUserScramCredentialsResult,
  type ScramCredentialDeletion,
  type ScramCredentialUpsertion,
} from '../../protocol/messages/alter-user-scram-credentials.ts'
import {
  credentialFrom,
  maxScramIterations,
  minScramIterations,
  type ScramCredentials,
  scramMechanisms,
  scramNameOf,
} from '../security/sasl/scram-credentials.ts'
import type { Handler } from '../server/handler.ts'
import { type Problem, problem } from '../state/create-topic.ts'

/** Logins use what is set here from then on (KIP-554). A user whose part of the request is wrong is left as it was. */
export const alterUserScramCredentials: Handler<
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse
> = {
  api: AlterUserScramCredentials,
  versions: [0, 0],

  handle({ deletions, upsertions }, { broker }) {
    const { scram } = broker.cluster.security
    const problems = findProblems(scram, deletions, upsertions)
    const isFine = ({ name }: { name: string }) => !problems.has(name)
    for (const { name, mechanism } of deletions.filter(isFine)) scram.delete(scramNameOf(mechanism)!, name)
    for (const { name, mechanism, salt, iterations, saltedPassword } of upsertions.filter(isFine)) {
      const scramName = scramNameOf(mechanism)!
      const { hash } = scramMechanisms[scramName]
      // Kept for as long as the user is, so copied out of the request's frame.
      scram.set(scramName, name, credentialFrom(hash, Buffer.from(salt), iterations, saltedPassword))
    }
    const names = [...new Set([...deletions, ...upsertions].map(({ name }) => name))]
    const results = names.map(
      (user): Draft<AlterUserScramCredentialsResult> => ({ user, errorMessage: null, ...problems.get(user) }),
    )
    return { results }
  },
}

/** What is wrong with what is wanted for each user. Nobody may be named twice, not even for two mechanisms. */
function findProblems(
  scram: ScramCredentials,
  deletions: readonly ScramCredentialDeletion[],
  upsertions: readonly ScramCredentialUpsertion[],
): ReadonlyMap<string, Problem> {
  const problems = new Map<string, Problem>()
  const names = [...deletions, ...upsertions].map(({ name }) => name)
  for (const deletion of deletions) note(deletion.name, deletionProblem(scram, deletion))
  for (const upsertion of upsertions) note(upsertion.name, upsertionProblem(upsertion))
  return problems

  function note(name: string, found: Problem | undefined): void {
    const isRepeated = names.indexOf(name) !== names.lastIndexOf(name)
    const repetition = isRepeated
      ? problem(ErrorCodes.DUPLICATE_RESOURCE, `the user "${name}" is named more than once`)
      : undefined
    const what = found ?? repetition
    if (what !== undefined && !problems.has(name)) problems.set(name, what)
  }
}

function nameProblem({ name, mechanism }: ScramCredentialDeletion): Problem | undefined {
  if (name === '') return problem(ErrorCodes.UNACCEPTABLE_CREDENTIAL, 'a user needs a name')
  return scramNameOf(mechanism) === undefined
    ? problem(ErrorCodes.UNSUPPORTED_SASL_MECHANISM, `there is no SCRAM mechanism ${mechanism}`)
    : undefined
}

function deletionProblem(scram: ScramCredentials, wanted: ScramCredentialDeletion): Problem | undefined {
  const what = nameProblem(wanted)
  if (what !== undefined) return what
  const { name, mechanism } = wanted
  return scram.get(scramNameOf(mechanism)!, name) === undefined
    ? problem(ErrorCodes.RESOURCE_NOT_FOUND, `"${name}" has no such credential`)
    : undefined
}

function upsertionProblem(wanted: ScramCredentialUpsertion): Problem | undefined {
  const what = nameProblem(wanted)
  if (what !== undefined) return what
  const unacceptable = (text: string) => problem(ErrorCodes.UNACCEPTABLE_CREDENTIAL, text)
  const { iterations, salt, saltedPassword } = wanted
  if (iterations < minScramIterations) return unacceptable(`${iterations} iterations are too few`)
  if (iterations > maxScramIterations) return unacceptable(`${iterations} iterations are too many`)
  if (salt.length === 0) return unacceptable('there is no salt')
  if (saltedPassword.length === 0) return unacceptable('there is no password')
  return undefined
}
