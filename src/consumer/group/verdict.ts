import type { KafkaError } from '../../errors.ts'

/**
 * What an error of a group's API means for the membership.
 *
 * - `retry`: the same again after a pause; the coordinator may have to be found first.
 * - `rejoin`: the group rebalances; come back with the same member id.
 * - `regenerate`: the generation is over; give all up and join with the same member id.
 * - `restart`: the coordinator does not know the member; give all up and join as a new one.
 * - `fatal`: nothing that this member does can help.
 */
export type Verdict = 'retry' | 'rejoin' | 'regenerate' | 'restart' | 'fatal'

const verdicts: Readonly<Record<string, Verdict>> = {
  REBALANCE_IN_PROGRESS: 'rejoin',
  ILLEGAL_GENERATION: 'regenerate',
  UNKNOWN_MEMBER_ID: 'restart',
  // Retriable in general, but another process has our place and will keep it.
  FENCED_INSTANCE_ID: 'fatal',
}

export function verdictOn(error: KafkaError): Verdict {
  return verdicts[error.code] ?? (error.retriable ? 'retry' : 'fatal')
}
