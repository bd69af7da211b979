import { Metadata } from '../../src/protocol/messages/metadata.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { Writer } from '../../src/protocol/writer.ts'
import type { BenchCase, Runner, Scenario } from '../scenario.ts'

const partitions = 10_000
const version = 12
const decodesPerRun = 50

/** A response as a cluster of three brokers gives it for 100 topics of 100 partitions, three replicas each. */
function metadataResponse(): Buffer {
  const topics = Array.from({ length: 100 }, (_, topic) => ({
    name: `topic-${topic}`,
    topicId: Buffer.alloc(16, topic + 1).toString('base64url'),
    partitions: Array.from({ length: partitions / 100 }, (_, partitionIndex) => ({
      partitionIndex,
      leaderId: partitionIndex % 3,
      leaderEpoch: 7,
      replicaNodes: [0, 1, 2],
      isrNodes: [0, 1, 2],
    })),
  }))
  const brokers = [0, 1, 2].map((nodeId) => ({
    nodeId,
    host: `kafka-${nodeId}.example`,
    port: 9092,
    rack: `r${nodeId}`,
  }))
  const writer = new Writer()
  Metadata.response.encode(writer, { brokers, clusterId: 'cluster', controllerId: 0, topics }, version)
  return writer.finishContiguous()
}

async function decodeMetadata(): Promise<Runner> {
  const bytes = metadataResponse()
  return {
    async run() {
      const latenciesMs: number[] = []
      for (let i = 0; i < decodesPerRun; i++) {
        const start = performance.now()
        const { topics } = Metadata.response.decode(new Reader(bytes), version)
        latenciesMs.push(performance.now() - start)
        const found = topics.reduce((sum, topic) => sum + topic.partitions.length, 0)
        if (found !== partitions) throw new Error(`decoded ${found} partitions in place of ${partitions}`)
      }
      return { latenciesMs }
    },
  }
}

const decodeCase: BenchCase = {
  name: `decode Metadata of ${partitions} partitions`,
  bytesPerRecord: 0,
  records: () => partitions * decodesPerRun,
  clients: { odradek: decodeMetadata },
}

/** Partitions decoded a second; p50 and p99 are of one whole response. */
export const codec: Scenario = {
  name: 'codec',
  needsBroker: false,
  defaultRecords: partitions * decodesPerRun,
  cases: [decodeCase],
}
