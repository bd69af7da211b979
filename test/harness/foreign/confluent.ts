/** librdkafka, through confluent-kafka for Python: one process for each call, records as lines of JSON. */
import { join } from 'node:path'
import { projectRoot } from '../../../tools/project-root.ts'
import { pythonWith } from '../python.ts'
import { runOrFail } from '../run.ts'
import type { KafkaInUse } from '../use-kafka.ts'
import type { ForeignClient, PlainRecord } from './foreign-client.ts'

const PACKAGE = 'confluent-kafka==2.16.1'

export function confluent(kafka: KafkaInUse): ForeignClient {
  const brokers = kafka.bootstrap.join(',')
  return {
    name: 'confluent-kafka',
    nullHeaderValues: true,
    async produce(topic, records, compression) {
      const stdin = records.map((record) => `${JSON.stringify(record)}\n`).join('')
      await python('produce.py', [brokers, topic, compression], stdin)
    },
    async consume(topic, count) {
      const stdout = await python('consume.py', [brokers, topic, String(count)])
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line): PlainRecord => JSON.parse(line))
    },
  }
}

/** Runs one of the scripts in test/harness/python; resolves with its output. */
async function python(script: string, args: readonly string[], stdin?: string): Promise<string> {
  const path = join(projectRoot(), 'test/harness/python', script)
  const interpreter = await pythonWith([PACKAGE])
  return (await runOrFail(interpreter, [path, ...args], stdin === undefined ? {} : { stdin })).stdout
}
