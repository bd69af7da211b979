import { ErrorCodes } from '../../protocol/error-codes.ts'
import {
  AlterReplicaLogDirs,
  type AlterReplicaLogDirsRequest,
  type AlterReplicaLogDirsResponse,
} from '../../protocol/messages/alter-replica-log-dirs.ts'
import type { BrokerContext, Handler } from '../server/handler.ts'
import { logDir } from '../state/log-dir.ts'

/** A broker has one log dir, so a replica can go nowhere but where it is. */
export const alterReplicaLogDirs: Handler<AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse> = {
  api: AlterReplicaLogDirs,
  versions: [1, 2],

  handle({ dirs }, { broker }) {
    const results = dirs.flatMap(({ path, topics }) =>
      topics.map(({ name, partitions }) => ({
        topicName: name,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          errorCode: move(broker, path, name, partitionIndex),
        })),
      })),
    )
    return { results }
  },
}

function move({ node, topics }: BrokerContext, path: string, topic: string, index: number): number {
  if (path !== logDir) return ErrorCodes.LOG_DIR_NOT_FOUND
  const partition = topics.byName(topic)?.partitions[index]
  if (partition === undefined) return ErrorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return partition.replicas.includes(node.id) ? ErrorCodes.NONE : ErrorCodes.REPLICA_NOT_AVAILABLE
}
