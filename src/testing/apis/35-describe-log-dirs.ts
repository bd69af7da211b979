import { ErrorCodes } from '../../protocol/error-codes.ts'
import type { Draft } from '../../protocol/message.ts'
import {
  DescribeLogDirs,
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  type DescribeLogDirsTopic,
} from '../../protocol/messages/describe-log-dirs.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { logDir } from '../state/log-dir.ts'

const firstVersionWithVolume = 4

/** Tells of the replicas of this broker. What is named and is not here is left out. */
export const describeLogDirs: Handler<DescribeLogDirsRequest, DescribeLogDirsResponse> = {
  api: DescribeLogDirs,
  versions: [1, 5],

  handle(request, { broker, version }) {
    const { storage } = broker.cluster
    const topics =
      request.topics === null
        ? [...broker.topics].map(({ name }) => describe(broker, name))
        : request.topics.map(({ topic, partitions }) => describe(broker, topic, new Set(partitions)))
    return {
      results: [
        {
          errorCode: ErrorCodes.NONE,
          logDir,
          topics: topics.filter(({ partitions = [] }) => partitions.length > 0),
          ...(version >= firstVersionWithVolume && {
            totalBytes: BigInt(storage.limitBytes),
            usableBytes: BigInt(storage.limitBytes - storage.usedBytes),
          }),
        },
      ],
    }
  },
}

function describe(
  { node, topics }: BrokerContext,
  name: string,
  wanted?: ReadonlySet<number>,
): Draft<DescribeLogDirsTopic> {
  const partitions = topics.byName(name)?.partitions ?? []
  return {
    name,
    partitions: partitions
      .filter(({ index, replicas }) => replicas.includes(node.id) && wanted?.has(index) !== false)
      .map(({ index, log, highWatermark }) => ({
        partitionIndex: index,
        partitionSize: BigInt(log.sizeBytes),
        offsetLag: BigInt(Math.max(0, highWatermark - log.endOffset)),
      })),
  }
}
