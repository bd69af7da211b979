import { describe, expect, test } from 'vitest'
import { compressionNames } from '../../../src/compression/codec.ts'
import { useKafka } from '../use-kafka.ts'
import { foreignClients, sampleRecords } from './index.ts'

/** What the interop tests rest on: the other clients understand each other, through this harness, without odradek. */
describe.each(foreignClients)('records of %s', (_, makeWriter) => {
  test.each(compressionNames)('in %s reach the two others', async (compression) => {
    const kafka = useKafka()
    const topic = await kafka.topic()
    const writer = makeWriter(kafka)
    const records = sampleRecords(writer)
    await writer.produce(topic, records, compression)
    for (const [name, makeReader] of foreignClients) {
      if (name === writer.name) continue
      expect(await makeReader(kafka).consume(topic, records.length), name).toEqual(records)
    }
  })
})
