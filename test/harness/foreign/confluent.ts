/** librdkafka, through confluent-kafka for Python: one process for each call, records as lines of JSON. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
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

/** A librdkafka member of a group, in a process of its own until `leave`. */
export class ConfluentMember {
  /** The partitions that it has now. */
  assigned: number[] = []
  readonly records: { partition: number; value: string }[] = []
  readonly #child: ChildProcess
  readonly #ended: Promise<void>

  private constructor(child: ChildProcess) {
    this.#child = child
    let stderr = ''
    child.stderr?.on('data', (chunk) => {
      stderr += chunk
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const event = JSON.parse(line)
      if (event.assigned !== undefined) this.assigned = event.assigned
      else this.records.push(event)
    })
    this.#ended = new Promise((resolve, reject) => {
      child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(stderr))))
    })
    this.#ended.catch(() => {}) // told by leave()
  }

  static async join(brokers: readonly string[], topic: string, group: string): Promise<ConfluentMember> {
    const interpreter = await pythonWith([PACKAGE])
    const child = spawn(interpreter, [scriptPath('member.py'), brokers.join(','), topic, group], {
      stdio: 'pipe',
    })
    return new ConfluentMember(child)
  }

  /** Commits and leaves; rejects with what it said when it had failed before. */
  leave(): Promise<void> {
    this.#child.stdin?.end()
    return this.#ended
  }
}

/** Runs one of the scripts in test/harness/python; resolves with its output. */
async function python(script: string, args: readonly string[], stdin?: string): Promise<string> {
  const interpreter = await pythonWith([PACKAGE])
  return (await runOrFail(interpreter, [scriptPath(script), ...args], stdin === undefined ? {} : { stdin }))
    .stdout
}

function scriptPath(script: string): string {
  return join(projectRoot(), 'test/harness/python', script)
}
