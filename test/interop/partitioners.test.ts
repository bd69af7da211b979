/** Where keys go, with each partitioner that librdkafka has, through it and through odradek. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Kafka, type PartitionerName } from '../../src/index.ts'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { pythonWith } from '../harness/python.ts'
import { runOrFail } from '../harness/run.ts'
import { randomKeys } from '../producer/random-keys.ts'

const PARTITIONS = 23
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))

let broker: Broker
let kafka: Kafka

beforeAll(async () => {
  broker = await startBroker({ topics: { keyed: PARTITIONS } })
  kafka = new Kafka({ brokers: broker.brokers })
})

afterAll(async () => {
  await kafka?.close()
  await broker?.close()
})

/** Whether records with such a key go anywhere, by each of the two programs' own choice. */
const anywhere: Record<string, (key: string | Buffer | null) => boolean> = {
  consistent: () => false,
  consistent_random: (key) => key === null || key.length === 0,
  murmur2: () => false,
  murmur2_random: (key) => key === null,
  fnv1a: () => false,
  fnv1a_random: (key) => key === null,
}

test.each<[string, PartitionerName]>([
  ['consistent', 'consistent'],
  ['consistent_random', 'consistentRandom'],
  ['murmur2', 'murmur2'],
  ['murmur2_random', 'murmur2Random'],
  ['fnv1a', 'fnv1a'],
  ['fnv1a_random', 'fnv1aRandom'],
])('%s of librdkafka and %s put keys into the same partitions', async (theirs, ours) => {
  // The hash of the last one has no positive counterpart among signed integers.
  const keys = [...randomKeys(5_000, seed), null, '', null, '', '1468509572224']
  const stdin = JSON.stringify(keys.map((key) => (key === null ? null : Buffer.from(key).toString('hex'))))
  const script = join(projectRoot(), 'test/interop/programs/partitioners.py')
  const python = await pythonWith(['confluent-kafka==2.16.1'])
  const { stdout } = await runOrFail(python, [script, broker.brokers.join(), 'keyed', theirs], { stdin })
  const there: number[] = JSON.parse(stdout)
  await using producer = kafka.producer({ partitioner: ours })
  const sent = await producer.sendBatch(keys.map((key) => ({ topic: 'keyed', key, value: 'v' })))
  const here = sent.map(({ partition }) => partition)
  const fixed = keys.flatMap((key, i) => (anywhere[theirs](key) ? [] : [i]))
  expect(fixed.length).toBeGreaterThan(4_000)
  expect(
    fixed.map((i) => here[i]),
    `SEED=${seed}`,
  ).toEqual(fixed.map((i) => there[i]))
  expect(new Set(here).size).toBe(PARTITIONS)
})
