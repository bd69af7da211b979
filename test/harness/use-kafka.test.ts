import { expect, test } from 'vitest'
import { answersApiVersions } from './kafka/raw-request.ts'
import { useKafka } from './use-kafka.ts'

test('the shared broker answers, and gives each test topics of its own', async () => {
  const kafka = useKafka()
  const [host, port] = kafka.bootstrap[0].split(':')
  await answersApiVersions({ host: host!, port: Number(port) })
  const [one, two] = [await kafka.topic({ partitions: 3 }), await kafka.topic()]
  expect(one).not.toBe(two)
  expect(one).toMatch(/^topic-[0-9a-f]{10}-the-shared-broker-answers/)
  const described = await kafka.tool('org.apache.kafka.tools.TopicCommand', [
    ...['--bootstrap-server', kafka.bootstrap.join(','), '--describe', '--topic', one],
  ])
  expect(described.stdout).toMatch(/PartitionCount: 3/)
})

test('a version knows what came before it', () => {
  const kafka = useKafka()
  expect(kafka.atLeast('2.8')).toBe(true)
  expect(kafka.atLeast('99')).toBe(false)
})
