import type { Coverage } from './coverage.ts'
import { faultKinds } from './faults/index.ts'
import { scenarios } from './scenarios/index.ts'

/**
 * What a long run of a scenario has to reach besides all of its faults: the states that clients go through, as they show
 * in what they do and log, and the errors and lost answers that make them try again. By scenario; a run that leaves one
 * out tests less than it did.
 */
const expected: Readonly<Record<string, readonly string[]>> = {
  standard: [
    // a connection: connecting -> ready -> closed, in peace, broken, and for a request that had no answer in time
    'log: connected',
    'log: disconnected',
    'log: disconnected (CONNECTION_LOST)',
    'log: disconnected (TIMEOUT)',
    'log: a broker cannot be reached, or broke a connection',
    // the view of the cluster
    'log: metadata is out of date',
    'log: no known broker gives metadata: bootstrapping again',
    'answer: FindCoordinator COORDINATOR_NOT_AVAILABLE',
    // a producer: each level of acknowledgement, each way to try again and to fail
    'producer: acknowledged with acks -1',
    'producer: acknowledged with acks 0',
    'producer: acknowledged with acks 1',
    'answer: Produce NOT_LEADER_OR_FOLLOWER',
    'answer: Produce REQUEST_TIMED_OUT',
    'no answer: Produce',
    'producer: failed with ABORTED',
    'producer: failed with ABORTED, may be written',
    'producer: failed with TIMEOUT',
    'producer: failed with TIMEOUT, may be written',
    // a fetcher: its leader moves, its session is lost, it is cut off
    'answer: Fetch FENCED_LEADER_EPOCH',
    'answer: Fetch UNKNOWN_LEADER_EPOCH',
    'no answer: Fetch',
    // a membership: unjoined -> joining -> syncing -> stable -> revoking, and every way out of the group
    'answer: JoinGroup MEMBER_ID_REQUIRED',
    'answer: JoinGroup UNKNOWN_MEMBER_ID',
    'answer: JoinGroup NOT_COORDINATOR',
    'answer: SyncGroup REBALANCE_IN_PROGRESS',
    'answer: Heartbeat REBALANCE_IN_PROGRESS',
    'answer: Heartbeat UNKNOWN_MEMBER_ID',
    'answer: Heartbeat NOT_COORDINATOR',
    'answer: Heartbeat COORDINATOR_LOAD_IN_PROGRESS',
    'answer: OffsetCommit NOT_COORDINATOR',
    'answer: OffsetCommit UNKNOWN_MEMBER_ID',
    'no answer: Heartbeat',
    'no answer: JoinGroup',
    'no answer: OffsetCommit',
    'consumer: assigned',
    'consumer: revoked',
    'consumer: lost',
    'consumer: committed',
    'consumer: tried again after TIMEOUT',
    'consumer: tried again after CONNECTION_LOST',
    'client: closed',
    'client: died',
  ],
}

/** What was expected of a scenario and did not happen. */
export function unreached(coverage: Coverage, scenario: string): string[] {
  const weights = scenarios.get(scenario)?.faults ?? {}
  const faults = Object.keys(faultKinds).filter((kind) => kind in weights)
  const points = [...faults.map((kind) => `fault: ${kind}`), ...(expected[scenario] ?? [])]
  return points.filter((point) => !coverage.counts.has(point))
}
