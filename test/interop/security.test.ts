/** Other people's clients and Kafka's own tools at a broker with TLS, logins and ACLs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs, { type SASLOptions } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/testing/index.ts'
import { projectRoot } from '../../tools/project-root.ts'
import { runTool } from '../harness/kafka/index.ts'
import { pythonWith } from '../harness/python.ts'
import { runOrFail } from '../harness/run.ts'
import { makeCertificate } from '../testing/support/certificates.ts'

const certificate = makeCertificate()
const users = { admin: 'admin-secret', alice: 'alice-secret', mallory: 'mallory-secret' }
let folder: string
let caFile: string
let broker: Broker

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'odradek-secured-'))
  caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, certificate.cert)
  broker = await startBroker({
    tls: certificate,
    sasl: { users, mechanisms: ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'] },
    authorizer: { superUsers: ['User:admin', 'User:alice'] },
    topics: { orders: 1 },
  })
})

afterAll(async () => {
  await broker?.close()
  rmSync(folder, { recursive: true })
})

function kafkaJs(sasl: SASLOptions) {
  return new kafkajs.Kafka({
    brokers: broker.brokers,
    ssl: { ca: certificate.cert },
    sasl,
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  })
}

function tokenOf(name: string): string {
  const claims = { sub: name, exp: Date.now() / 1000 + 600 }
  return `${[{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
}

const mechanisms: [string, (name: string, password: string) => SASLOptions][] = [
  ['PLAIN', (username, password) => ({ mechanism: 'plain', username, password })],
  ['SCRAM-SHA-256', (username, password) => ({ mechanism: 'scram-sha-256', username, password })],
  ['SCRAM-SHA-512', (username, password) => ({ mechanism: 'scram-sha-512', username, password })],
  [
    'OAUTHBEARER',
    (name) => ({ mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: tokenOf(name) }) }),
  ],
]

describe('KafkaJS with TLS', () => {
  test.each(mechanisms)('comes in with %s, writes and reads', async (mechanism, login) => {
    const kafka = kafkaJs(login('alice', users.alice))
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic: 'orders', messages: [{ value: mechanism }] })
    await producer.disconnect()
    const consumer = kafka.consumer({ groupId: `readers-${mechanism}`, maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    await new Promise<void>((resolve) => {
      consumer.run({
        eachMessage: async ({ message }) => {
          if (message.value?.toString() === mechanism) resolve()
        },
      })
    })
    await consumer.disconnect()
  })

  test.each(mechanisms.slice(0, 3))('does not come in with a wrong password by %s', async (_, login) => {
    const admin = kafkaJs(login('alice', 'nonsense')).admin()
    await expect(admin.connect()).rejects.toThrow(/SASL.*authentication failed/i)
  })

  test('may not write what no ACL allows', async () => {
    const producer = kafkaJs({ mechanism: 'plain', username: 'mallory', password: users.mallory }).producer()
    await producer.connect()
    await expect(producer.send({ topic: 'orders', messages: [{ value: 'x' }] })).rejects.toThrow(
      /[Nn]ot authorized/,
    )
    await producer.disconnect()
  })
})

describe('librdkafka with TLS', () => {
  async function run(mechanism: string, user: string, password: string): Promise<string> {
    const interpreter = await pythonWith(['confluent-kafka==2.16.1'])
    const script = join(projectRoot(), 'test/harness/python/secured.py')
    const args = [script, broker.brokers[0], caFile, mechanism, user, password, 'rdkafka']
    return (await runOrFail(interpreter, args)).stdout.trim()
  }

  beforeAll(() => broker.createTopic('rdkafka', 1))

  test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])(
    'comes in with %s, writes and reads',
    async (mechanism) => {
      expect(await run(mechanism, 'alice', users.alice)).toBe('hello')
    },
  )

  test('does not come in with a wrong password', async () => {
    expect(await run('SCRAM-SHA-256', 'alice', 'nonsense')).toMatch(/authentication/i)
  })
})

describe("Kafka's own tools with TLS", () => {
  let configFile: string

  beforeAll(() => {
    configFile = join(folder, 'client.properties')
    const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required'
    const lines = [
      'security.protocol=SASL_SSL',
      'sasl.mechanism=SCRAM-SHA-512',
      `sasl.jaas.config=${login} username="admin" password="${users.admin}";`,
      'ssl.truststore.type=PEM',
      `ssl.truststore.location=${caFile}`,
    ]
    writeFileSync(configFile, `${lines.join('\n')}\n`)
  })

  async function tool(className: string, ...args: string[]): Promise<string> {
    const given = ['--bootstrap-server', broker.brokers[0], '--command-config', configFile, ...args]
    const { code, stdout, stderr } = await runTool({ runIn: 'jvm' }, className, given)
    expect(code, stderr).toBe(0)
    return stdout
  }

  test('add and list ACLs', async () => {
    const acls = 'org.apache.kafka.tools.AclCommand'
    const rule = ['--allow-principal', 'User:mallory', '--operation', 'Read', '--topic', 'orders']
    await tool(acls, '--add', ...rule, '--resource-pattern-type', 'prefixed')
    const listed = await tool(acls, '--list', '--topic', 'orders', '--resource-pattern-type', 'match')
    expect(listed).toMatch(/patternType=PREFIXED/)
    expect(listed).toMatch(/principal=User:mallory, host=\*, operation=READ, permissionType=ALLOW/)
  })

  test('make users and quotas', async () => {
    const configs = 'kafka.admin.ConfigCommand'
    const user = ['--entity-type', 'users', '--entity-name', 'bob']
    await tool(
      configs,
      '--alter',
      ...user,
      '--add-config',
      'SCRAM-SHA-256=[iterations=8192,password=bob-secret]',
    )
    await tool(configs, '--alter', ...user, '--add-config', 'producer_byte_rate=1024')
    const described = await tool(configs, '--describe', ...user)
    expect(described).toContain('producer_byte_rate=1024')
    expect(described).toContain('SCRAM-SHA-256=iterations=8192')
    const admin = kafkaJs({ mechanism: 'scram-sha-256', username: 'bob', password: 'bob-secret' }).admin()
    await admin.connect()
    await admin.disconnect()
  })

  test('make, renew and describe delegation tokens', async () => {
    const tokens = 'org.apache.kafka.tools.DelegationTokenCommand'
    const made = await tool(
      tokens,
      '--create',
      '--max-life-time-period',
      '-1',
      '--renewer-principal',
      'User:alice',
    )
    expect(made).toMatch(/User:admin/)
    expect(await tool(tokens, '--describe', '--owner-principal', 'User:admin')).toMatch(/User:alice/)
  })
})
