import type { Kafka } from '../../src/kafka.ts'
import { text } from '../../src/records/index.ts'
import type { FactOf } from '../facts.ts'
import type { Stage } from '../stage.ts'
import { idOf, payloadOf } from './payload.ts'

/** What is in the log at the end, as a client reads it that nothing disturbs. */
export async function readLog(kafka: Kafka, stage: Stage): Promise<FactOf<'stored'>[]> {
  const stored: FactOf<'stored'>[] = []
  for (const topic of Object.keys(stage.scenario.topics)) {
    const reading = kafka.read(topic, {
      until: 'end',
      valueDeserializer: text,
      isolationLevel: 'read_uncommitted',
    })
    for await (const { partition, offset, value } of reading) {
      const id = idOf(value ?? '')
      const intact = value === payloadOf(id)
      stored.push({ kind: 'stored', topic, partition, offset, id, intact })
    }
  }
  return stored
}
