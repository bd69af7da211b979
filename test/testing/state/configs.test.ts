import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../src/errors.ts'
import { BrokerConfigs } from '../../../src/testing/state/broker-configs.ts'
import { valueProblem } from '../../../src/testing/state/config-definition.ts'
import { topicConfigDefinition, topicConfigDefinitions } from '../../../src/testing/state/topic-configs.ts'
import { collisionKey, topicNameProblem } from '../../../src/testing/state/topic-name.ts'

describe('broker configs', () => {
  test('have defaults, and take what is given', () => {
    const { settings } = new BrokerConfigs({ 'num.partitions': '4', 'auto.create.topics.enable': 'FALSE' })
    expect(settings).toMatchObject({
      numPartitions: 4,
      autoCreateTopics: false,
      requestMaxBytes: 104_857_600,
    })
  })

  test('an unknown name is an error that names the nearest', () => {
    expect(() => new BrokerConfigs({ 'num.partition': '4' })).toThrow(
      new ConfigurationError(
        '"num.partition" is not a config of the test broker; did you mean "num.partitions"?',
      ),
    )
  })

  test.each([
    ['num.partitions', 'many', 'whole number'],
    ['num.partitions', '0', '1 or more'],
    ['message.max.bytes', '9999999999', 'or less'],
    ['auto.create.topics.enable', 'yes', 'true or false'],
    ['log.message.timestamp.type', 'Created', 'one of CreateTime, LogAppendTime'],
  ])('%s cannot be "%s"', (name, value, problem) => {
    expect(() => new BrokerConfigs({ [name]: value })).toThrow(problem)
  })
})

describe('topic configs', () => {
  test.each(topicConfigDefinitions)('the default of $name may be set', (definition) => {
    expect(valueProblem(definition, definition.defaultValue)).toBeUndefined()
  })

  test.each([
    ['min.cleanable.dirty.ratio', '1.5'],
    ['min.cleanable.dirty.ratio', ''],
    ['cleanup.policy', 'compact,keep'],
    ['compression.gzip.level', '0'],
    ['retention.ms', '-2'],
    ['retention.ms', '9223372036854775808'],
  ])('%s cannot be "%s"', (name, value) => {
    expect(valueProblem(topicConfigDefinition(name)!, value)).toBeDefined()
  })
})

describe('topic names', () => {
  test.each(['a', 'A-b_c.d9', 'x'.repeat(249)])('%s is one', (name) => {
    expect(topicNameProblem(name)).toBeUndefined()
  })

  test.each(['', '.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(250)])('"%s" is none', (name) => {
    expect(topicNameProblem(name)).toBeDefined()
  })

  test('that differ in points and underscores collide', () => {
    expect(collisionKey('a.b_c')).toBe(collisionKey('a_b.c'))
    expect(collisionKey('a.b')).not.toBe(collisionKey('a-b'))
  })
})
