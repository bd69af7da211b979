import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type ClusterOptions,
  checkClusterOptions,
  SOFTWARE_NAME,
  SOFTWARE_VERSION,
} from '../../src/cluster/options.ts'
import { projectRoot } from '../../tools/project-root.ts'

describe('options', () => {
  test('have defaults', () => {
    expect(checkClusterOptions({ brokers: ['a:9092'] })).toMatchObject({
      requestTimeoutMs: 30_000,
      defaultApiTimeoutMs: 60_000,
      metadataMaxAgeMs: 300_000,
      metadataRecoveryRebootstrapTriggerMs: 300_000,
      retryBackoffMs: 100,
      retryBackoffMaxMs: 1000,
      reconnectBackoffMs: 50,
      reconnectBackoffMaxMs: 1000,
      connection: {
        clientId: 'odradek',
        connectTimeoutMs: 10_000,
        idleTimeoutMs: 540_000,
        requestTimeoutMs: 30_000,
      },
    })
  })

  test.each([
    ['localhost:9092', { host: 'localhost', port: 9092 }],
    ['kafka-1.example.org:65535', { host: 'kafka-1.example.org', port: 65_535 }],
    ['10.0.0.1:1', { host: '10.0.0.1', port: 1 }],
    ['[::1]:9092', { host: '::1', port: 9092 }],
    ['[fe80::1%eth0]:9092', { host: 'fe80::1%eth0', port: 9092 }],
  ])('take the address %s', (broker, address) => {
    expect(checkClusterOptions({ brokers: [broker, broker] }).bootstrap).toEqual([address])
  })

  test.each([
    'localhost',
    'localhost:',
    'localhost:0',
    'localhost:99999',
    'localhost:9092,other:9092',
    '::1:9092',
    '[::1]',
    'kafka://localhost:9092',
    '',
    ' a:1',
  ])('refuse the address %j and say which one it is', (broker) => {
    expect(() => checkClusterOptions({ brokers: ['a:1', broker] })).toThrow(
      `kafka: brokers[1] must be an address like 'localhost:9092' or '[::1]:9092', not '${broker}'`,
    )
  })

  test.each([
    [{}, 'brokers must be a list of addresses'],
    [{ brokers: [] }, 'brokers must be a list of addresses'],
    [{ brokers: 'a:1' }, 'brokers must be a list of addresses'],
    [{ brokers: [9092] }, 'brokers[0]'],
    [{ brokers: ['a:1'], metadataMaxAgeMs: -1 }, 'metadataMaxAgeMs must be an integer'],
    [{ brokers: ['a:1'], clientId: '' }, 'clientId'],
    [{ brokers: ['a:1'], dialer: 'x' }, 'dialer must be a function'],
    [{ brokers: ['a:1'], cliendId: 'x' }, "did you mean 'clientId'"],
    [
      { brokers: ['a:1'], retryBackoffMs: 200, retryBackoffMaxMs: 100 },
      'retryBackoffMaxMs must not be below retryBackoffMs (200), not 100',
    ],
  ])('refuse %j', (options, said) => {
    expect(() => checkClusterOptions(options as ClusterOptions)).toThrow(said)
    expect(() => checkClusterOptions(options as ClusterOptions)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION' }),
    )
  })

  test('take a first pause above the longest one by default', () => {
    expect(checkClusterOptions({ brokers: ['a:1'], retryBackoffMs: 5000 }).retryBackoffMaxMs).toBe(5000)
  })

  test('name this software as its package does', () => {
    const { name, version } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8'))
    expect([SOFTWARE_NAME, SOFTWARE_VERSION]).toEqual([name, version])
  })
})
