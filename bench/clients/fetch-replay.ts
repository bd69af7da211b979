import { decodeResponse, encodeRequestFrame } from '../../src/protocol/frame.ts'
import { Fetch } from '../../src/protocol/messages/fetch.ts'
import { bytesSource, readBatches } from '../../src/records/index.ts'
import { RawSocket } from '../raw-socket.ts'
import type { ConsumeClient } from './client.ts'

const version = 12
const partitions = 3
/** The consumer's defaults. */
const maxBytes = 52_428_800
const partitionMaxBytes = 1_048_576

/**
 * Fetches a topic by requests that were recorded when it was read for the first time: nothing is decoded, no
 * checksum is looked at. The bytes that come have to be as many as the first time.
 */
export async function openFetchReplay(brokers: string[], topic: string): Promise<ConsumeClient> {
  const socket = await RawSocket.open(brokers[0])
  let recorded: Recording | undefined
  return {
    async read(count, onRecords) {
      if (recorded === undefined) {
        recorded = await record(socket, topic, count)
      } else {
        let bytes = 0
        for (const frame of recorded.frames) bytes += (await socket.exchange([frame])).length
        if (bytes !== recorded.responseBytes)
          throw new Error(`${bytes} bytes came in place of ${recorded.responseBytes}`)
      }
      onRecords(recorded.records, recorded.valueBytes)
    },
    close: async () => socket.close(),
  }
}

interface Recording {
  frames: Buffer[]
  responseBytes: number
  records: number
  valueBytes: number
}

async function record(socket: RawSocket, topic: string, count: number): Promise<Recording> {
  const offsets = new Array<bigint>(partitions).fill(0n)
  const recording: Recording = { frames: [], responseBytes: 0, records: 0, valueBytes: 0 }
  while (recording.records < count) {
    const frame = fetchFrame(topic, offsets)
    const response = await socket.exchange([frame])
    recording.frames.push(frame)
    recording.responseBytes += response.length
    for (const { partitionIndex, records } of decodeResponse(Fetch, version, response).responses[0]
      .partitions) {
      for (const batch of readBatches(records ?? Buffer.alloc(0), bytesSource(topic, partitionIndex))) {
        offsets[partitionIndex] = batch.nextOffset
        const cursor = batch.cursor()
        while (cursor.next()) {
          recording.records += 1
          recording.valueBytes += cursor.valueEnd - cursor.valueStart
        }
      }
    }
  }
  return recording
}

function fetchFrame(topic: string, offsets: readonly bigint[]): Buffer {
  const request = {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes,
    sessionEpoch: -1,
    topics: [
      {
        topic,
        partitions: offsets.map((fetchOffset, partition) => ({ partition, fetchOffset, partitionMaxBytes })),
      },
    ],
  }
  return Buffer.concat(encodeRequestFrame(Fetch, version, 1, 'replay', request))
}
