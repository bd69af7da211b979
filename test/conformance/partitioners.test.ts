/** Our partitioners against those of Kafka's jars and of KafkaJS. Needs a JDK and Maven. */
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { expect, test } from 'vitest'
import { murmur2, partitioners, partitionOfKey } from '../../src/producer/index.ts'
import { StickyChoice } from '../../src/producer/sticky-choice.ts'
import { KAFKA_VERSION } from '../../tools/kafka-version.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { kafkaClasspath } from '../harness/kafka/jars.ts'
import { runOrFail } from '../harness/run.ts'
import { randomKeys, randomUnits } from '../producer/random-keys.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const again = `SEED=${seed}`
const program = join(projectRoot(), 'test/conformance/partitioners/Partitioners.java')

/** What Java answers to each line. */
async function java(lines: readonly string[]): Promise<string[]> {
  const options = ['-Xmx200m', '-XX:TieredStopAtLevel=1', '-cp', await kafkaClasspath(KAFKA_VERSION)]
  const { stdout } = await runOrFail('java', [...options, program], { stdin: `${lines.join('\n')}\n` })
  return stdout.trimEnd().split('\n')
}

test('100,000 keys have the hash and the partition that Java gives them, and that of KafkaJS', async () => {
  const keys = randomKeys(100_000, seed)
  const isAscii = (key: string | Buffer) => [...Buffer.from(key)].every((byte) => byte < 0x80)
  expect(keys.filter((key) => !isAscii(key)).length).toBeGreaterThan(50_000)
  const unit = randomUnits(seed + 1)
  const counts = keys.map(() => 1 + Math.floor(unit() * 2_000))
  const answers = await java(keys.map((key, i) => `key ${counts[i]} ${Buffer.from(key).toString('hex')}`))
  expect(answers).toHaveLength(keys.length)
  const kafkaJsDefault = kafkajs.Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: 2_000 }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
  }))
  const wrong = keys.filter((key, i) => {
    const partition = partitionOfKey(key, counts[i])
    const kafkaJs = kafkaJsDefault({
      topic: 't',
      partitionMetadata: partitionMetadata.slice(0, counts[i]),
      message: { key, value: null },
    })
    return answers[i] !== `${murmur2(key)} ${partition}` || kafkaJs !== partition
  })
  expect(wrong, again).toEqual([])
})

test("a round robin goes round as Java's does, over topics, missing leaders and partitions added", async () => {
  const unit = randomUnits(seed)
  const roundRobin = partitioners.roundRobin()
  const lines: string[] = []
  const ours: string[] = []
  for (let i = 0; i < 5_000; i++) {
    const name = `t${Math.floor(unit() * 3)}`
    const leaderless = unit() < 0.1 ? 1 : 0.2
    const leaders = Array.from({ length: 1 + Math.floor(unit() * 9) }, () => (unit() < leaderless ? -1 : 1))
    lines.push(`robin ${name} ${leaders.join()}`)
    const availablePartitions = leaders.flatMap((leader, index) => (leader < 0 ? [] : [index]))
    const topic = { name, partitionCount: leaders.length, availablePartitions }
    ours.push(`${roundRobin({ topic: name, key: 'same', value: null }, topic)}`)
  }
  expect(ours, again).toEqual(await java(lines))
})

test("partitions have turns as often as Java's adaptive choice gives them, where each has a broker of its own", async () => {
  const unit = randomUnits(seed)
  const turns = 50_000
  const cases = Array.from({ length: 20 }, () =>
    Array.from({ length: 2 + Math.floor(unit() * 7) }, () => Math.floor(unit() * 6)),
  )
  const answers = await java(cases.map((queues) => `load ${turns} ${queues.join()}`))
  const rules = { turnBytes: 1_000, lingerMs: 0, adaptive: true, availabilityTimeoutMs: 0 }
  for (const [i, queues] of cases.entries()) {
    const topic = {
      partitionCount: queues.length,
      availablePartitions: queues.map((_, partition) => partition),
      queues: queues.map((length, leader) => ({
        leader,
        batches: Array.from({ length }, () => ({ sizeBytes: rules.turnBytes, createdMs: 0, attempts: 0 })),
      })),
    }
    const sticky = new StickyChoice({ unit, bytes: (length) => Buffer.alloc(length) })
    const ours = queues.map(() => 0)
    for (let turn = 0; turn < turns; turn++) ours[sticky.begin(0, topic, rules)]++
    for (const [partition, theirs] of answers[i].split(',').entries()) {
      // Six standard deviations of the difference are below 0.019.
      expect(Math.abs(ours[partition] - Number(theirs)) / turns, `${again}: ${queues}`).toBeLessThan(0.02)
    }
  }
})
