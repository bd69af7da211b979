import { expect, test } from 'vitest'
import { createNetwork, environmentName, removeRun, runTool, startContainer } from './docker.ts'
import { containerPlan } from './docker-cluster.ts'
import { clusterLayout } from './layout.ts'
import { noKafkaMessage } from './runtime-choice.ts'
import { traitsOf } from './versions.ts'

test.each([
  ['node.id', 'KAFKA_NODE_ID'],
  ['listener.name.sasl_ssl.plain.sasl.jaas.config', 'KAFKA_LISTENER_NAME_SASL__SSL_PLAIN_SASL_JAAS_CONFIG'],
  ['listener.name.a.scram-sha-256.x', 'KAFKA_LISTENER_NAME_A_SCRAM___SHA___256_X'],
])('the property %s is %s in the environment', (property, name) => {
  expect(environmentName(property)).toBe(name)
  // the image goes the other way: one underline is a dot, then three dots a hyphen, two an underline
  const back = name.replace('KAFKA_', '').toLowerCase().replaceAll('_', '.')
  expect(back.replaceAll('...', '-').replaceAll('..', '_')).toBe(property)
})

function flagValues(args: readonly string[], flag: string): string[] {
  return args.flatMap((arg, index) => (args[index - 1] === flag ? [arg] : []))
}

test('a broker among three is told where it listens, who votes, and how others reach it', () => {
  const roles = clusterLayout({ brokers: 3 }, traitsOf('4.3.1'))
  expect(roles).toHaveLength(3)
  const listeners = {
    PLAINTEXT: { host: '127.0.0.1', port: 20_001 },
    SECURE: { host: '127.0.0.1', port: 20_002 },
  }
  const plan = containerPlan(
    roles[1],
    listeners,
    roles,
    { version: '4.3.1', brokers: 3, listeners: { SECURE: 'SASL_SSL' }, configs: { 'num.partitions': '7' } },
    '/tmp/x',
    'odradek-run',
  )
  const args = startContainer(plan)
  expect(args.slice(0, 3)).toEqual(['run', '--detach', '--name'])
  expect(args.at(-1)).toBe('apache/kafka:4.3.1')
  expect(flagValues(args, '--name')).toEqual(['odradek-run-2'])
  expect(flagValues(args, '--network')).toEqual(['odradek-run'])
  expect(flagValues(args, '--publish')).toEqual(['127.0.0.1:20001:20001', '127.0.0.1:20002:20002'])
  const environment = Object.fromEntries(
    flagValues(args, '--env').map((setting) => [
      setting.slice(0, setting.indexOf('=')),
      setting.slice(setting.indexOf('=') + 1),
    ]),
  )
  expect(environment).toMatchObject({
    KAFKA_NODE_ID: '2',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@odradek-run-1:9093,2@odradek-run-2:9093,3@odradek-run-3:9093',
    KAFKA_LISTENERS: 'PLAINTEXT://:20001,SECURE://:20002,INTERNAL://:19092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS:
      'PLAINTEXT://127.0.0.1:20001,SECURE://127.0.0.1:20002,INTERNAL://odradek-run-2:19092',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP:
      'PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
    KAFKA_DEFAULT_REPLICATION_FACTOR: '3',
    KAFKA_MIN_INSYNC_REPLICAS: '2',
    KAFKA_NUM_PARTITIONS: '7',
    KAFKA_HEAP_OPTS: '-Xmx400m',
  })
  expect(environment.CLUSTER_ID).toMatch(/^[\w-]{22}$/)
})

test('a controller apart has no listener for clients and publishes nothing', () => {
  const roles = clusterLayout({ brokers: 1, separateController: true }, traitsOf('3.9.2'))
  const controller = containerPlan(roles[0], {}, roles, { version: '3.9.2' }, '/tmp/x', 'odradek-run')
  expect(controller.ports).toEqual([])
  expect(controller.properties).toMatchObject({
    'process.roles': 'controller',
    listeners: 'CONTROLLER://:9093',
  })
  expect(controller.properties).not.toHaveProperty(['advertised.listeners'])
})

test('a tool runs beside the brokers and finds them by their names there', () => {
  const args = runTool('odradek-run', '4.3.1', [['127.0.0.1:20001', 'odradek-run-1:19092']], 'a.Tool', [
    '--bootstrap-server',
    '127.0.0.1:20001',
  ])
  expect(args.slice(-4)).toEqual([
    'apache/kafka:4.3.1',
    'a.Tool',
    '--bootstrap-server',
    'odradek-run-1:19092',
  ])
  expect(flagValues(args, '--entrypoint')).toEqual(['/opt/kafka/bin/kafka-run-class.sh'])
})

test('all that a run makes carries its label, by which it is removed', () => {
  const label = 'odradek=odradek-run'
  expect(flagValues(createNetwork('odradek-run'), '--label')).toEqual([label])
  expect(flagValues(runTool('odradek-run', '4.3.1', [], 'a.Tool', []), '--label')).toEqual([label])
  const removal = removeRun('odradek-run')
  expect(removal.at(-1)).toBe('odradek-run')
  expect(removal[2]).toContain('label=odradek=$1')
})

test('who has nothing to run Kafka with reads what to install', () => {
  const message = noKafkaMessage('4.3.1', 'it is not installed', new Error('java is not installed'))
  expect(message).toContain('KAFKA_BROKERS')
  expect(message).toContain('Docker: it is not installed')
  expect(message).toContain('a JDK (17 or later) and Maven: java is not installed')
})
