import type { Api } from '../protocol/message.ts'

/**
 * The first version of each older API in which a broker answers at once and leaves the waiting to the client;
 * before it, the answer itself came late (KIP-219). APIs that came after that KIP are not listed: all of their
 * versions leave it to the client.
 */
const clientWaitsFrom: ReadonlyMap<string, number> = new Map([
  ['Produce', 6],
  ['Fetch', 8],
  ['ListOffsets', 3],
  ['Metadata', 6],
  ['OffsetCommit', 4],
  ['OffsetFetch', 4],
  ['FindCoordinator', 2],
  ['JoinGroup', 3],
  ['Heartbeat', 2],
  ['LeaveGroup', 2],
  ['SyncGroup', 2],
  ['DescribeGroups', 2],
  ['ListGroups', 2],
  ['ApiVersions', 2],
  ['CreateTopics', 3],
  ['DeleteTopics', 2],
  ['DeleteRecords', 1],
  ['InitProducerId', 1],
  ['AddPartitionsToTxn', 1],
  ['AddOffsetsToTxn', 1],
  ['EndTxn', 1],
  ['TxnOffsetCommit', 1],
  ['DescribeAcls', 1],
  ['CreateAcls', 1],
  ['DeleteAcls', 1],
  ['DescribeConfigs', 2],
  ['AlterConfigs', 1],
  ['AlterReplicaLogDirs', 1],
  ['DescribeLogDirs', 1],
  ['CreatePartitions', 1],
  ['CreateDelegationToken', 1],
  ['RenewDelegationToken', 1],
  ['ExpireDelegationToken', 1],
  ['DescribeDelegationToken', 1],
  ['DeleteGroups', 1],
])

/** How long the client has to hold its next request back after this response; 0 for not at all. */
export function throttleTimeMs(api: Api<unknown, unknown>, version: number, response: unknown): number {
  const { throttleTimeMs } = response as { throttleTimeMs?: number }
  if (throttleTimeMs === undefined || throttleTimeMs <= 0) return 0
  return version >= (clientWaitsFrom.get(api.name) ?? 0) ? throttleTimeMs : 0
}
