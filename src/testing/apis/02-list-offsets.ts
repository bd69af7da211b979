import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  ListOffsets,
  type ListOffsetsPartition,
  type ListOffsetsPartitionResponse,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
} from '../../protocol/messages/list-offsets.ts'
import { earliestSince, type FoundOffset, latestOfAll } from '../log/offset-lookup.ts'
import type { Handler, RequestContext } from '../server/handler.ts'
import { locate } from '../state/locate.ts'
import { type Isolation, isolationOf, type Partition } from '../state/partition.ts'
import { mergedByName } from './repeated-names.ts'

/** Timestamps that stand for something else, with the first version that knows them. */
const latest = -1n
const earliest = -2n
const maxTimestamp = -3n
const earliestLocal = -4n
const latestTiered = -5n
const earliestPendingUpload = -6n
const specSince = new Map([
  [latest, 1],
  [earliest, 1],
  [maxTimestamp, 7],
  [earliestLocal, 8],
  [latestTiered, 9],
  [earliestPendingUpload, 11],
])

const nowhere: FoundOffset = { timestamp: -1, offset: -1, leaderEpoch: -1 }

export const listOffsets: Handler<ListOffsetsRequest, ListOffsetsResponse> = {
  api: ListOffsets,
  versions: [1, 11],

  async handle(request, context) {
    const topics = []
    for (const { name, partitions } of mergedByName(request.topics)) {
      const once = new Map(partitions.map((wanted) => [wanted.partitionIndex, wanted]))
      const answers = [...once.values()].map((wanted) => lookUp(request, name, wanted, context))
      topics.push({ name, partitions: await Promise.all(answers) })
    }
    return { topics }
  },
}

async function lookUp(
  request: ListOffsetsRequest,
  topic: string,
  { partitionIndex, currentLeaderEpoch, timestamp }: ListOffsetsPartition,
  { broker, version }: RequestContext,
): Promise<Draft<ListOffsetsPartitionResponse>> {
  const failed = (errorCode: number) => ({ partitionIndex, errorCode })
  const timesNamed = request.topics
    .filter(({ name }) => name === topic)
    .flatMap(({ partitions }) => partitions)
    .filter((partition) => partition.partitionIndex === partitionIndex).length
  if (timesNamed > 1) return failed(ErrorCodes.INVALID_REQUEST)
  if (timestamp < 0n && (specSince.get(timestamp) ?? Number.POSITIVE_INFINITY) > version) {
    return failed(ErrorCodes.UNSUPPORTED_VERSION)
  }
  const { errorCode, partition } = locate(broker, topic, partitionIndex, currentLeaderEpoch)
  if (errorCode !== ErrorCodes.NONE || partition === undefined) return failed(errorCode)
  const found = await find(
    partition,
    timestamp,
    isolationOf(request.isolationLevel),
    broker.settings.requestMaxBytes,
  )
  return {
    partitionIndex,
    errorCode: ErrorCodes.NONE,
    timestamp: BigInt(found.timestamp),
    offset: BigInt(found.offset),
    ...(version >= 4 && { leaderEpoch: found.leaderEpoch }),
  }
}

async function find(
  partition: Partition,
  timestamp: bigint,
  isolation: Isolation,
  maxUncompressedBytes: number,
): Promise<FoundOffset> {
  const { log } = partition
  const endOffset = partition.readableUpTo(isolation)
  switch (timestamp) {
    case latest:
      return { timestamp: -1, offset: endOffset, leaderEpoch: partition.leaderEpoch }
    case earliest:
    case earliestLocal:
      return { timestamp: -1, offset: log.startOffset, leaderEpoch: log.epochs.epochAt(log.startOffset) }
    case maxTimestamp:
      return ifBelow(endOffset, await latestOfAll(log, maxUncompressedBytes))
    case latestTiered:
    case earliestPendingUpload:
      // Nothing is in a remote store.
      return nowhere
    default:
      return ifBelow(endOffset, await earliestSince(log, Number(timestamp), maxUncompressedBytes))
  }
}

/** A record that the client cannot read yet is none. */
function ifBelow(endOffset: number, found: FoundOffset): FoundOffset {
  return found.offset < endOffset ? found : nowhere
}
