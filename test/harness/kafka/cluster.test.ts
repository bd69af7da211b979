import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isAlive } from '../cache.ts'
import { type KafkaCluster, kafkaVersions, startKafka } from './index.ts'
import { answersApiVersions, readMetadata } from './raw-request.ts'

const GET_OFFSETS = 'org.apache.kafka.tools.GetOffsetShell'

/** Writes lines with Java's console producer. */
async function produce(kafka: KafkaCluster, topic: string, lines: string[]): Promise<void> {
  const args = ['--bootstrap-server', kafka.bootstrap.join(','), '--topic', topic]
  const { code, stderr } = await kafka.tool('org.apache.kafka.tools.ConsoleProducer', args, {
    stdin: lines.map((line) => `${line}\n`).join(''),
  })
  expect(code, stderr).toBe(0)
}

/** `topic:partition:offset` of each partition's end. */
async function ends(kafka: KafkaCluster, topic: string): Promise<string[]> {
  const args = ['--bootstrap-server', kafka.bootstrap.join(','), '--topic', topic]
  const { stdout, stderr, code } = await kafka.tool(GET_OFFSETS, args)
  expect(code, stderr).toBe(0)
  return stdout.trim().split('\n').sort()
}

test.each(kafkaVersions)(
  'Kafka %s starts, takes records, keeps them over a restart, and ends',
  async (version) => {
    let pid: number
    {
      await using kafka = await startKafka({ version })
      const [broker] = kafka.brokers
      pid = broker!.pid
      await kafka.createTopic('kept', { partitions: 2, configs: { 'retention.ms': '-1' } })
      await produce(kafka, 'kept', ['one', 'two', 'three'])
      const before = await ends(kafka, 'kept')
      expect(before).toHaveLength(2)
      await broker!.stop()
      expect(isAlive(pid)).toBe(false)
      await expect(answersApiVersions(broker!)).rejects.toThrow(/ECONNREFUSED/)
      await broker!.start()
      expect(broker!.pid).not.toBe(pid)
      expect(await ends(kafka, 'kept')).toEqual(before)
      pid = broker!.pid
    }
    expect(isAlive(pid)).toBe(false)
  },
)

test('three brokers lose one, and another that says nothing, and go on', async () => {
  await using kafka = await startKafka({ brokers: 3, separateController: true })
  expect(new Set(kafka.bootstrap).size).toBe(3)
  await kafka.createTopic('orders', { partitions: 6 })
  const [first, second, third] = kafka.brokers
  const leaders = async () => new Set((await readMetadata(third!, ['orders'])).topics.get('orders')!.leaders)
  expect(await leaders()).toEqual(new Set([1, 2, 3]))
  await first!.kill()
  await expect.poll(leaders, { timeout: 30_000 }).toEqual(new Set([2, 3]))
  await second!.pause()
  expect(isAlive(second!.pid)).toBe(true)
  await expect.poll(leaders, { timeout: 30_000 }).toEqual(new Set([3]))
  await second!.resume()
  await first!.start()
  await second!.ready([1, 2, 3])
})

test('a broker of the time of ZooKeeper comes back after it was killed, once its place is free', async () => {
  await using kafka = await startKafka({ version: '2.8.2' })
  const [broker] = kafka.brokers
  await broker.kill()
  await broker.start()
  await kafka.createTopic('after')
})

test('settings, listeners and JVM flags reach the broker', async () => {
  await using kafka = await startKafka({
    listeners: { OUTSIDE: 'PLAINTEXT' },
    configs: (node) => ({ 'num.partitions': '5', 'broker.rack': `rack-${node.id}` }),
    jvmFlags: ['-Dodradek.test=reached'],
  })
  const [broker] = kafka.brokers
  const [outside] = kafka.addresses('OUTSIDE')
  expect(outside).not.toBe(kafka.bootstrap[0])
  const { stdout } = await kafka.tool('kafka.admin.ConfigCommand', [
    ...[
      '--bootstrap-server',
      outside!,
      '--describe',
      '--all',
      '--entity-type',
      'brokers',
      '--entity-name',
      '1',
    ],
  ])
  expect(stdout).toContain('num.partitions=5')
  expect(stdout).toContain('broker.rack=rack-1')
  const commandLine = readFileSync(`/proc/${broker!.pid}/cmdline`, 'utf8').split('\0')
  expect(commandLine).toContain('-Dodradek.test=reached')
})

test('a broker that does not come up is reported with the end of its log and where the whole is', async () => {
  const error = await startKafka({ configs: { 'authorizer.class.name': 'no.such.Authorizer' } }).then(
    () => expect.fail('it started'),
    (reason: Error) => reason,
  )
  expect(error.message).toMatch(
    /^broker 1 ended with code 1 before it was ready; the end of (\S+server\.log):/,
  )
  expect(error.message).toContain('no.such.Authorizer')
  const logFile = error.message.match(/the end of (\S+):/)![1]
  expect(readFileSync(logFile, 'utf8')).toContain('no.such.Authorizer')
})
