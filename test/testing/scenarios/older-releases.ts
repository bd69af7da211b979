import { type ReleaseName, releases } from '../../../src/testing/versions/releases.ts'
import type { Scenario } from '../support/world.ts'
import { scenarios } from './index.ts'

/**
 * Scenarios that brokers of older releases are told, too, each up to the first request that the release does not have.
 * The others are about what such a release does not have, or show one of the differences that the broker in TypeScript
 * does not imitate:
 *
 * - in 2.8, which keeps its metadata in ZooKeeper, errors have other texts, and null where newer ones have an empty
 *   text or list; invalid names are unknown to DescribeProducers, IncrementalAlterConfigs and CreatePartitions;
 *   a replica that is not assigned may fetch; some APIs between brokers are answered; a static member needs no member
 *   id to heartbeat and sync;
 * - in 2.8 and 3.9 topics have a few configs more or less, UpdateFeatures tells each feature's error, OffsetCommit 9
 *   answers ILLEGAL_GENERATION for a group that there is not, ListOffsets does not put together a topic that is named
 *   twice, and members that have not been assigned anything are described with empty assignments;
 * - in 3.9 a transaction's start is told until the next one begins, a marker keeps its own time where the log gives the
 *   others theirs, TxnOffsetCommit answers UNKNOWN_MEMBER_ID for a generation of a group that there is not, and who was
 *   fenced by its own InitProducerId is not let back;
 * - both tell the versions that 4.0 has dropped, which the codec does not have.
 */
const inBoth: readonly string[] = [
  'produce: offsets follow each other, in every version',
  'produce: several topics and partitions, some of them unknown',
  'produce: acknowledgements that there are not',
  'produce: acks 0 gets no answer, and an error closes the connection',
  'produce: messages of magic 0 and 1',
  'produce: every codec, and zstd before its time',
  'produce: compressed batches that hold something else',
  'produce: too large for the topic',
  'produce: the log gives the time',
  'produce: idempotent, with repetitions, gaps and stale epochs',
  'produce: a producer that nobody knows begins anywhere; sequences wrap around',
  'produce: a repetition where the log gives the time',
  'fetch: in every version, with the batches as they were sent',
  'fetch: limits of bytes',
  'fetch: waiting for records',
  'fetch: isolation',
  'fetch: records that were deleted',
  'fetch sessions, v12: opened, gone on with, added to, forgotten from, ended',
  'fetch sessions: unknown, replaced and refused',
  'fetch: v7, epochs of a session in every wrong order',
  'fetch: v12, epochs of a session in every wrong order',
  'fetch: a session is begun anew with the id of the old',
  'fetch: a session goes on over another connection',
  'fetch: partitions named twice in a session',
  'fetch: partitions named twice without a session',
  'fetch: what a session forgets',
  'fetch: forgetting where no session is',
  'fetch: a session sees where its partitions begin',
  'fetch: epochs of leaders within a session',
  'fetch: the order in which a session serves its partitions',
  'fetch: last epochs that cannot be',
  'fetch: offsets at and past the ends, in every version',
  'fetch: limits below 0',
  'list offsets: by time, in plain and compressed batches',
  'list offsets: where the log gives the time',
  'offsets of leader epochs',
  'groups: a member alone, in every version',
  'groups: requests that cannot be',
  'groups: joining again as it is, with something new, and as the leader',
  'groups: the protocol that most members like best',
  'groups: a static leader comes back, and a static follower',
  'groups: leaving with an id that was never joined with',
  'groups: listed and deleted',
  'offsets: committed and fetched without a member, in every version',
  'offsets: deleted',
  'coordinators, in every version',
  'metadata: in every version, of what there is and what there is not',
  'producer ids',
  'versions and bytes that make no sense',
  'admin: preferred leaders elected where they lead already',
  'names: of topics in Produce',
  'names: of topics in ListOffsets',
  'names: of topics in OffsetForLeaderEpoch',
  'names: of topics in Metadata, which would create them',
  'names: of topics in DeleteRecords',
  'names: of topics in DescribeConfigs',
  'names: of topics in OffsetCommit',
  'names: of topics in OffsetFetch',
  'names: of topics in OffsetDelete',
  'names: groups without one',
  'names: coordinators of nothing and of no known kind',
  'versions: ApiVersions from the future',
  'versions: headers that are odd',
  'versions: bodies that are odd',
  'versions: requests one behind the other are answered in turn',
]

/** All but those of version 2, which 3.9 does not have, and those of the differences above. */
const transactionsIn39: readonly string[] = [
  'transactions: the coordinator in every version',
  'transactions: a producer id in every version',
  'transactions: producer ids that cannot be',
  'transactions: a producer that goes on with its id and epoch',
  'transactions: a second producer fences the first',
  'transactions: partitions added in every version',
  'transactions: partitions that cannot be added',
  'transactions: several at a time, added and verified',
  'transactions: described and listed',
  'transactions: ended in each state',
  'transactions: ends that cannot be',
  'transactions: a commit as both isolation levels see it',
  'transactions: an abort as both isolation levels see it',
  'transactions: partitions that nothing was written to get markers too',
  'transactions: timed out',
  'transactions: a topic is deleted in the middle of one',
  'transactions: markers written by hand',
  'transactions: records for partitions that were not added',
  'transactions: records of producers that there are not',
  'transactions: repetitions and gaps',
  'transactions: the first sequence of a producer and of an epoch',
  'transactions: an epoch that is over, when the coordinator knows and when the log does',
  'transactions: plain records among those of a transaction',
  'transactions: two producers in one request',
  'transactions: acks 0 and 1',
  'transactions: compressed batches',
  'transactions: two interleaved, one committed and one aborted',
  'transactions: offsets by time, by both isolation levels',
  'transactions: a reader of what is committed waits for the end',
  'transactions: a fetch session tells of a stable offset that has moved',
  'transactions: an idempotent producer without one begins anew with each id',
  'transactions: offsets committed and aborted',
  'transactions: offsets in every version',
  'transactions: offsets of who is not the producer',
  'transactions: groups that cannot be announced',
  'transactions: offsets of the members of a group',
  'transactions: offsets committed by others while some are pending',
  'transactions: a group is deleted while offsets are pending',
  'transactions: how older producers are told that they are fenced',
  'transactions: a producer goes on after each end',
  'transactions: records to come, looked up by their times',
  'transactions: aborted ones far apart in a log',
  'transactions: what is refused first',
  'transactions: one without anything in it is ended',
  'transactions: a topic is made again in the middle of one',
  'transactions: records and offsets become visible together',
]

const only: Partial<Record<ReleaseName, readonly string[]>> = {
  '3.9': [
    'produce: batches that are broken',
    'produce: more in-sync replicas are wanted than there are',
    'produce: times too far from now, and a compacted topic without keys',
    'fetch: offsets out of range and partitions that are not there',
    'fetch: leader epochs',
    'versions: the new protocol of groups, where it is switched on and where it is not',
    'fetch sessions, v13: opened, gone on with, added to, forgotten from, ended',
    'fetch sessions: a topic that is deleted',
    'fetch: v13, epochs of a session in every wrong order',
    'fetch: v17, epochs of a session in every wrong order',
    'fetch: a session of a topic that there is not yet',
    'fetch: a session of a partition that there is not yet',
    'fetch: epochs unknown, in every version that has them',
    'fetch: as a replica that there is not',
    'list offsets: every spec in every version, on an empty and a filled partition',
    'groups: who is not a member of the generation',
    'topics: deleted by name and by id',
    'topics: partitions added',
    'topics: described in pieces',
    'cluster: described',
    'admin: log dirs described in every version',
    'admin: log dirs of all topics, and of none',
    'admin: replicas moved to where they are and to where they cannot go',
    'admin: leaders elected for all topics',
    'admin: partitions reassigned to where they are and to where they cannot go',
    'admin: reassignments listed when there are none',
    'admin: the quorum described',
    'admin: the quorum of something else described',
    'names: of topics in Fetch',
    'names: of topics in Metadata',
    'names: of topics in DescribeTopicPartitions',
    'names: of topics in DescribeProducers',
    'names: of topics in DeleteTopics',
    'names: of topics in CreatePartitions',
    'names: of topics in IncrementalAlterConfigs',
    'names: topics named by ids that are wrong',
    'versions: APIs that are not for clients',
    ...transactionsIn39,
  ],
  '2.8': ['groups: static members'],
}

/** The scenarios that hold the broker in TypeScript to a release: all for the newest. */
export function scenariosOf(release: ReleaseName): readonly Scenario[] {
  if (release === '4.3') return scenarios
  const alone = only[release]
  if (alone === undefined) return []
  return [...inBoth, ...alone].map((name) => {
    const scenario = scenarios.find((known) => known.name === name)
    if (scenario === undefined) throw new Error(`there is no scenario "${name}"`)
    return scenario
  })
}

/** The release of a version, as `4.3` of `4.3.1`. */
export function releaseNameOf(version: string): ReleaseName {
  for (const [name, release] of Object.entries(releases)) {
    if (release.version === version) return name as ReleaseName
  }
  throw new Error(`Kafka ${version} is none of the releases that the broker can be like`)
}
