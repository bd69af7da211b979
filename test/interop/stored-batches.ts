/** What is in the log as the broker keeps it, which consumers do not show. */
import type { CompressionName, Kafka } from '../../src/index.ts'
import { Fetch } from '../../src/protocol/messages/fetch.ts'
import { bytesSource, readBatches } from '../../src/records/index.ts'

/** The last version in which Fetch names topics rather than giving their ids. */
const FETCH_BY_NAME = 11

/** The codecs of the batches in partition 0 of a topic. */
export async function storedCompressions(kafka: Kafka, topic: string): Promise<Set<CompressionName>> {
  const found = new Set<CompressionName>()
  let fetchOffset = 0n
  for (;;) {
    const message = {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 10_000_000 }] }],
    }
    const response = await kafka.request({ leader: { topic, partition: 0 } }, Fetch, message, {
      version: FETCH_BY_NAME,
    })
    const { errorCode, records } = response.responses[0].partitions[0]
    if (errorCode !== 0) throw new Error(`fetch of ${topic} failed with error ${errorCode}`)
    const batches = readBatches(records ?? Buffer.alloc(0), bytesSource(topic, 0))
    const before = fetchOffset
    for (let batch = batches.next(); batch !== undefined; batch = batches.next()) {
      found.add(batch.compression)
      fetchOffset = batch.nextOffset
    }
    if (fetchOffset === before) return found
  }
}
