import { decodeResponse, encodeRequestFrame } from '../../src/protocol/frame.ts'
import { Produce } from '../../src/protocol/messages/produce.ts'
import { BatchBuilder } from '../../src/records/index.ts'
import { RawSocket } from '../raw-socket.ts'

const version = 9

/** A ready-made Produce request: a head and one full batch, in one piece. */
export function produceFrame(topic: string, index: number, values: readonly string[]): Buffer {
  const valueBytes = values.reduce((sum, value) => sum + value.length, 0)
  const builder = new BatchBuilder(Buffer.allocUnsafeSlow(valueBytes + values.length * 32 + 128))
  // An older time would have the broker drop the records by retention, while they are read.
  const timestampMs = Date.now()
  for (const value of values) {
    if (!builder.append(timestampMs, null, value, null))
      throw new Error('the batch has no room for its records')
  }
  const topicData = [{ name: topic, partitionData: [{ index, records: builder.close({}) }] }]
  return Buffer.concat(
    encodeRequestFrame(Produce, version, 1, 'replay', { acks: -1, timeoutMs: 30_000, topicData }),
  )
}

/** Throws when a response to `produceFrame` says that the batch was refused. */
export function checkProduced(response: Buffer): void {
  const { errorCode } = decodeResponse(Produce, version, response).responses[0].partitionResponses[0]
  if (errorCode !== 0) throw new Error(`the broker answered the replay with error ${errorCode}`)
}

export async function openReplay(brokers: string[]): Promise<RawSocket> {
  return RawSocket.open(brokers[0])
}
