import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { runCli } from '../../src/cli/cli.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { Kafka } from '../../src/index.ts'
import { ApiVersions, Metadata } from '../../src/protocol/messages/index.ts'
import { RawClient } from '../testing/support/raw-client.ts'

class TestTerminal implements Terminal {
  readonly version = '1.2.3'
  readonly told: string[] = []
  readonly complained: string[] = []
  #interrupt = () => {}
  readonly #interrupted = new Promise<void>((resolve) => {
    this.#interrupt = resolve
  })
  #onTold = () => {}

  tell(line: string): void {
    this.told.push(line)
    this.#onTold()
  }

  complain(line: string): void {
    this.complained.push(line)
  }

  untilInterrupted(): Promise<void> {
    return this.#interrupted
  }

  interrupt(): void {
    this.#interrupt()
  }

  /** Resolves once a line was told that ends so. */
  async toldTill(end: string): Promise<void> {
    while (!this.told.some((line) => line.endsWith(end))) {
      await new Promise<void>((resolve) => {
        this.#onTold = resolve
      })
    }
  }
}

const running: { terminal: TestTerminal; exit: Promise<number> }[] = []

afterEach(async () => {
  for (const { terminal, exit } of running.splice(0)) {
    terminal.interrupt()
    await exit
  }
})

async function run(...args: string[]): Promise<{ code: number; told: string; complained: string }> {
  const terminal = new TestTerminal()
  const code = await runCli(args, terminal)
  return { code, told: terminal.told.join('\n'), complained: terminal.complained.join('\n') }
}

/** Starts a broker on free ports, and gives its addresses. */
async function runBroker(
  ...args: string[]
): Promise<{ addresses: string[]; terminal: TestTerminal; exit: Promise<number> }> {
  const terminal = new TestTerminal()
  const exit = runCli(['broker', '--port', '0', ...args], terminal)
  running.push({ terminal, exit })
  await terminal.toldTill('Ctrl+C ends it.')
  return { addresses: terminal.told[0].split(' ').at(-1)!.split(','), terminal, exit }
}

describe('odradek', () => {
  test.each(['--help', '-h'])('%s tells what there is', async (flag) => {
    const { code, told } = await run(flag)
    expect(code).toBe(0)
    expect(told).toContain('odradek broker')
  })

  test('--version tells the version', async () => {
    expect(await run('--version')).toEqual({ code: 0, told: '1.2.3', complained: '' })
  })

  test.each([
    [[], 'odradek: which command?'],
    [['borker'], 'odradek: there is no command borker; did you mean broker?'],
    [['constructor'], 'odradek: there is no command constructor'],
    [['--verson'], 'odradek: there is no flag --verson; did you mean --version?'],
  ])('%j is not understood', async (args, complaint) => {
    const { code, told, complained } = await run(...args)
    expect([code, told]).toEqual([2, ''])
    expect(complained).toBe(`${complaint}\nodradek --help tells more.`)
  })
})

describe('odradek broker', () => {
  test('--help tells of its flags', async () => {
    const { code, told } = await run('broker', '--help')
    expect(code).toBe(0)
    for (const flag of ['port', 'host', 'brokers', 'topic', 'config', 'version', 'help']) {
      expect(told).toContain(`--${flag}`)
    }
  })

  test.each([
    [['--topics', 'orders'], 'there is no flag --topics; did you mean --topic?'],
    [['--toString'], 'there is no flag --toString'],
    [['-x'], 'there is no flag -x'],
    [['orders'], "'orders' is no flag"],
    [['--port'], '--port needs a value'],
    [['--port', '--brokers', '3'], '--port needs a value'],
    [['--port', 'many'], "--port must be a number, not 'many'"],
    [['--port', '70000'], 'startBroker: port must be an integer from 0 to 65535, not 70000'],
    [['--port', '0', '--port', '1'], '--port is given twice'],
    [['--help=yes'], '--help takes no value'],
    [['--topic', 'orders:many'], "--topic takes NAME or NAME:PARTITIONS, not 'orders:many'"],
    [['--topic', 'no name', '--port', '0'], 'the topic "no name" cannot be: '],
    [['--config', 'num.partitions'], "--config takes NAME=VALUE, not 'num.partitions'"],
    [['--config', 'num.partition=3', '--port', '0'], 'num.partitions'],
    [['--version', '1.0'], "version must be one of '2.8', '3.3', '3.9', '4.3', not '1.0'"],
    [['--host', '192.0.2.1', '--port', '0'], '192.0.2.1 is no address of this machine'],
  ])('%j is refused', async (args, complaint) => {
    const { code, told, complained } = await run('broker', ...args)
    expect([code, told]).toEqual([2, ''])
    expect(complained).toMatch(/^odradek broker: .*\nodradek broker --help tells more\.$/)
    expect(complained).toContain(complaint)
  })

  test('a port that is taken is told', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const { code, complained } = await run('broker', '--port', `${port}`)
    await new Promise((resolve) => server.close(resolve))
    expect(code).toBe(2)
    expect(complained).toContain(`port ${port} is taken: choose another with --port`)
  })

  test('runs until it is interrupted, with what it was told', async () => {
    const { addresses, terminal, exit } = await runBroker(
      ...['--brokers', '3', '--topic', 'orders:4', '--topic=payments'],
      ...['--config', 'auto.create.topics.enable=false', '--config=num.partitions=2'],
    )
    expect(addresses).toHaveLength(3)
    expect(terminal.told.slice(1)).toEqual([
      'with the topics orders, payments',
      'Records are kept in memory alone. Ctrl+C ends it.',
    ])
    const kafka = new Kafka({ brokers: addresses })
    const topics = ['orders', 'payments', 'nothing'].map((name) => ({ name }))
    const metadata = await kafka.request({ anyBroker: true }, Metadata, { topics })
    const found = metadata.topics.map(({ name, partitions }) => [name, partitions.length])
    expect(found.sort()).toEqual([
      ['nothing', 0],
      ['orders', 4],
      ['payments', 2],
    ])
    const { offset } = await kafka.producer().send({ topic: 'orders', value: 'a' })
    expect(offset).toBe(0n)
    await kafka.close()
    terminal.interrupt()
    expect(await exit).toBe(0)
    await expect(RawClient.connect(addresses[0])).rejects.toThrow('ECONNREFUSED')
    expect(terminal.complained).toEqual([])
  })

  test('is like the release that is asked for', async () => {
    const { addresses, terminal } = await runBroker('--version', '2.8')
    expect(terminal.told[0]).toContain('Kafka 2.8 for development')
    const client = await RawClient.connect(addresses[0])
    const { apiKeys } = await client.call(ApiVersions, 0, {})
    expect(apiKeys.find(({ apiKey }) => apiKey === 0)?.maxVersion).toBe(9)
    client.close()
  })

  test('tells what went wrong', async () => {
    const { addresses, terminal } = await runBroker()
    const client = await RawClient.connect(addresses[0])
    client.write(Buffer.from('ffffffff', 'hex'))
    await client.closed
    expect(terminal.complained.join()).toContain('sent something that is no request')
  })
})
