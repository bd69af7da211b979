/** Kafka's own record batches: RecordOracle.java beside this file, run with the jars of the pinned release. */
import { join } from 'node:path'
import { projectRoot } from '../../../tools/project-root.ts'
import { runOrFail } from '../../harness/run.ts'
import { kafkaClientsClasspath } from '../kafka-clients.ts'

/** A batch as RecordOracle.java prints it: int64 as strings, bytes as base64. */
export interface BatchFacts {
  magic: number
  compression: string
  timestampType: 'NoTimestampType' | 'CreateTime' | 'LogAppendTime'
  baseOffset: string
  lastOffset: string
  nextOffset: string
  maxTimestamp: number
  producerId: string
  producerEpoch: number
  baseSequence: number
  isTransactional: boolean
  isControl: boolean
  leaderEpoch: number
  sizeBytes: number
  /** Null where the format does not tell. */
  count: number | null
  records: RecordFacts[]
}

export interface RecordFacts {
  offset: string
  timestamp: number
  key: string | null
  value: string | null
  headers: [name: string, value: string | null][]
}

export interface WrittenCase {
  name: string
  records: string
  batches: BatchFacts[]
}

/** What Kafka wrote, and what it reads in that. */
export async function batchesByKafka(seed: number): Promise<WrittenCase[]> {
  return parse(await runOracle(['write', String(seed)]))
}

/** What Kafka reads in each of these; rejects when it refuses one. */
export async function readByKafka(cases: readonly Buffer[]): Promise<BatchFacts[][]> {
  const stdin = cases.map((records) => `${records.toString('base64')}\n`).join('')
  const answers: { batches: BatchFacts[] }[] = parse(await runOracle(['read'], stdin))
  return answers.map((answer) => answer.batches)
}

function parse<T>(lines: string): T[] {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

async function runOracle(args: readonly string[], stdin?: string): Promise<string> {
  const classpath = await kafkaClientsClasspath()
  const source = join(projectRoot(), 'test/conformance/records/RecordOracle.java')
  const { stdout } = await runOrFail('java', ['-cp', classpath, source, ...args], { stdin })
  return stdout
}
