import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KAFKA_VERSION } from '../../tools/kafka-version.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { type KafkaCluster, startKafka } from './kafka/index.ts'
import { pythonWith } from './python.ts'
import { run, runOrFail } from './run.ts'

const file = join(projectRoot(), 'docker-compose.yml')

interface Service {
  image: string
  environment: Record<string, string | number>
  ports: string[]
  volumes: string[]
  profiles?: string[]
  command: string[]
  depends_on?: Record<string, unknown>
}

interface Compose {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}

let python: string
let compose: Compose

/** It brings the schema of the compose specification with it. */
beforeAll(async () => {
  python = await pythonWith(['check-jsonschema==0.39.0'])
  const script = join(projectRoot(), 'test/harness/python/yaml_to_json.py')
  compose = JSON.parse((await runOrFail(python, [script, file])).stdout)
})

test('it keeps to the schema of the compose specification', async () => {
  const args = ['-m', 'check_jsonschema', '--builtin-schema', 'vendor.compose-spec']
  const { code, stdout } = await run(python, [...args, file])
  expect(code, stdout).toBe(0)
  // and the check can fail
  const folder = mkdtempSync(join(tmpdir(), 'odradek-compose-'))
  const broken = join(folder, 'docker-compose.yml')
  writeFileSync(broken, readFileSync(file, 'utf8').replace('  users:\n    image:', '  users:\n    imaeg:'))
  expect((await run(python, [...args, broken])).stdout).toContain('imaeg')
  rmSync(folder, { recursive: true })
})

test('the services fit together', () => {
  const brokers = Object.entries(compose.services).filter(([, { environment }]) => environment !== undefined)
  expect(brokers.map(([name]) => name)).toEqual(['kafka', 'kafka-1', 'kafka-2', 'kafka-3'])
  for (const { image } of Object.values(compose.services)) expect(image).toBe(`apache/kafka:${KAFKA_VERSION}`)
  for (const [name, { environment, ports }] of brokers) {
    const listeners = parseListeners(environment.KAFKA_LISTENERS)
    const protocols = Object.fromEntries(
      String(environment.KAFKA_LISTENER_SECURITY_PROTOCOL_MAP)
        .split(',')
        .map((entry) => entry.split(':')),
    )
    expect(Object.keys(protocols).sort()).toEqual([...listeners.keys()].sort())
    const advertised = parseListeners(environment.KAFKA_ADVERTISED_LISTENERS)
    for (const [listener, { host, port }] of advertised) {
      const inside = listeners.get(listener)?.port
      if (host === 'localhost') expect(ports).toContain(`127.0.0.1:${port}:${inside}`)
      else expect([host, port]).toEqual([name, inside])
    }
    const voters = String(environment.KAFKA_CONTROLLER_QUORUM_VOTERS).split(',')
    const host = voters.length === 1 ? 'localhost' : name
    expect(voters).toContain(`${environment.KAFKA_NODE_ID}@${host}:${listeners.get('CONTROLLER')?.port}`)
    expect(Buffer.from(String(environment.CLUSTER_ID), 'base64url')).toHaveLength(16)
  }
  const published = brokers.flatMap(([, { ports }]) => ports.map((port) => port.split(':')[1]))
  expect(new Set(published).size).toBe(published.length)
  const mounted = Object.values(compose.services).flatMap(({ volumes = [] }) =>
    volumes.map((v) => v.split(':')[0]),
  )
  expect(new Set(mounted)).toEqual(new Set(Object.keys(compose.volumes)))
  const inCluster = Object.entries(compose.services).filter(([, { profiles }]) =>
    profiles?.includes('cluster'),
  )
  expect(inCluster.map(([name]) => name)).toEqual(['kafka-1', 'kafka-2', 'kafka-3', 'certificate', 'users'])
})

/** `NAME://host:port` of each. */
function parseListeners(setting: string | number): Map<string, { host: string; port: string }> {
  return new Map(
    String(setting)
      .split(',')
      .map((listener) => {
        const [name, address] = listener.split('://')
        const [host, port] = address.split(':')
        return [name, { host, port }]
      }),
  )
}

/** What its containers would do, done without containers. */
describe('the SASL_SSL listener', () => {
  let folder: string
  let kafka: KafkaCluster

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'odradek-compose-'))
    await runOrFail('bash', ['-euc', compose.services.certificate.command[0]], { cwd: folder })
    const password = readFileSync(join(folder, 'password'), 'utf8')
    kafka = await startKafka({
      runIn: 'jvm',
      listeners: { SASL_SSL: 'SASL_SSL' },
      configs: {
        ...securityOf(compose.services['kafka-1'].environment),
        // the image makes these of the names of files
        'ssl.keystore.location': join(folder, 'keystore.p12'),
        'ssl.keystore.password': password,
        'ssl.key.password': password,
      },
    })
    const [, ...rest] = compose.services.users.command
    const users = await kafka.tool('kafka.admin.ConfigCommand', [
      `--bootstrap-server=${kafka.bootstrap.join(',')}`,
      ...rest,
    ])
    expect(users.code, users.stderr).toBe(0)
  })
  afterAll(async () => {
    await kafka?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** The environment's variables for TLS and SASL, as the image writes them down. */
  function securityOf(environment: Service['environment']): Record<string, string> {
    return Object.fromEntries(
      Object.entries(environment)
        .filter(([name]) => /^KAFKA_(SSL|SASL|LISTENER_NAME)_/.test(name))
        .map(([name, value]) => {
          const dots = name.replace('KAFKA_', '').toLowerCase().replaceAll('_', '.')
          return [dots.replaceAll('...', '-').replaceAll('..', '_'), String(value)]
        }),
    )
  }

  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule'
  test.each([
    ['PLAIN', plain, 'odradek-secret', 0],
    ['SCRAM-SHA-512', scram, 'odradek-secret', 0],
    ['PLAIN', plain, 'wrong', 1],
    ['SCRAM-SHA-512', scram, 'wrong', 1],
  ])('with %s (%s) and the password %s: exit code %i', async (mechanism, loginModule, password, expected) => {
    const settings = join(folder, `${mechanism}-${password}.properties`)
    writeFileSync(
      settings,
      [
        'security.protocol=SASL_SSL',
        'ssl.truststore.type=PEM',
        `ssl.truststore.location=${join(folder, 'ca.pem')}`,
        `sasl.mechanism=${mechanism}`,
        `sasl.jaas.config=${loginModule} required username="odradek" password="${password}";`,
      ].join('\n'),
    )
    const [address] = kafka.addresses('SASL_SSL')
    const { code, stderr, stdout } = await kafka.tool('org.apache.kafka.tools.TopicCommand', [
      ...['--bootstrap-server', address.replace('127.0.0.1', 'localhost'), '--command-config', settings],
      '--list',
    ])
    expect(code, stderr).toBe(expected)
    if (expected === 1) expect(stdout + stderr).toContain('SaslAuthenticationException')
  })
})
