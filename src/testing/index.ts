/**
 * `odradek/testing`: Kafka inside the process, for development and tests.
 *
 * Its answers are compared with those of a real Kafka 4.3.1 (test/integration/differential.test.ts). What is known to
 * differ:
 *
 * - A topic that Metadata creates is there in the same answer; Kafka says first that there is none.
 * - The internal topics stay empty: what coordinators know is kept beside them, and one that lost its role knows at once.
 * - `group.initial.rebalance.delay.ms` is 0 and `broker.session.timeout.ms` 500 unless they are set.
 * - The uniform assignor balances members with different subscriptions as well as Kafka's does, but does not always choose
 *   the same partitions; where all want the same topics it chooses as Kafka does. Racks do not count.
 * - A join that waits is refused when its member sends another; Kafka never answers it.
 * - The aborted transactions that Fetch names may begin up to 4 KiB behind the records; in Kafka that depends on its index.
 * - AddPartitionsToTxn 4 and above without a transaction is answered; Kafka does not answer at all.
 * - Releases before 3.6, which verify nothing, take TxnOffsetCommit with any epoch.
 * - ListTransactions takes the regular expressions of JavaScript; Kafka those of RE2.
 * - Retention drops segments of at most 1 MiB, so it is finer than Kafka's; `compression.type` changes nothing.
 * - Compaction keeps the markers of transactions for good, and no empty batch as a producer's last one. Until when a
 *   tombstone stays is kept beside the log, not in the header of its batch.
 * - A share group whose offsets are set or whose records are deleted goes on from there with the next ShareFetch. In Kafka
 *   the first one after that may give nothing, or what there was before.
 * - ShareFetch takes a `batchSize` below 1 for 1, and a negative `maxBytes` for 0 with one batch all the same.
 * - The state of share partitions is there as soon as a member's heartbeat is answered; Kafka makes it in the background.
 * - When the memory for records is used up, Produce answers POLICY_VIOLATION and says what to do.
 * - Records of an uncompressed batch that are not numbered one after the other are refused; Kafka takes them.
 * - A length below -1, where a list or a text begins, is refused; Kafka takes it for null.
 * - Produce without any bytes for a partition (null) is answered INVALID_RECORD; Kafka does not answer at all.
 * - Delegation tokens are there wherever there are logins; Kafka wants `delegation.token.secret.key` for them.
 * - Of client quotas the byte rates of producers and consumers act, each broker for itself; the others are kept alone.
 * - DescribeUserScramCredentials is denied to whoever may not describe the cluster; Kafka does not answer at all.
 * - A share session that holds a topic goes on with it when the right to read it is taken away.
 * - Who is not let in is told so at once, not after `connection.failed.authentication.delay.ms`.
 * - Broker configs are those that act here. What is set for one broker while it runs acts only when it is alone in its
 *   cluster; what is set for all acts on all. Loggers have levels, which change nothing.
 * - No broker can be unregistered while it is part of the cluster; Kafka takes it out, and it comes back or ends.
 * - A log dir is memory, and there is one; the quorum is told as one voter, the controller.
 * - Older releases differ in more than they offer; test/testing/scenarios/older-releases.ts says in what else.
 */
export { startBroker } from './broker.ts'
export type { Duration } from './duration.ts'
export type { ErrorName, FaultActions } from './faults/fault-actions.ts'
export type { FaultMatch } from './faults/fault-match.ts'
export type { FaultRule } from './faults/fault-rule.ts'
export type { Faults } from './faults/fault-rules.ts'
export type { Broker, BrokerNodeHandle, PartitionStatus } from './handle/broker-handle.ts'
export type { BrokerOptions, Delay, DelayOptions, TopicOptions } from './options.ts'
export type { AuthorizerOptions, MechanismName, SaslOptions, TlsOptions } from './security/options.ts'
export type { TokenAnswer, VerifyToken } from './security/sasl/oauthbearer.ts'
export type { ConnectionFacts } from './server/broker-server.ts'
export type { PushedMetrics } from './telemetry/telemetry.ts'
export type { BrokerTime } from './time/broker-time.ts'
