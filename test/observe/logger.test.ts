import { describe, expect, test, vi } from 'vitest'
import { BrokerError } from '../../src/errors.ts'
import { type ConsoleLoggerOptions, consoleLogger, silentLogger } from '../../src/observe/index.ts'

function logged(options: ConsoleLoggerOptions = {}) {
  const lines: string[] = []
  const logger = consoleLogger({ clock: { now: () => 1234 }, write: (line) => lines.push(line), ...options })
  return { logger, lines, objects: () => lines.map((line) => JSON.parse(line)) }
}

describe('the console logger', () => {
  test('writes a JSON object a line, as Pino does', () => {
    const { logger, lines, objects } = logged({ base: { service: 'checkout' } })
    logger.info({ broker: '1 (a:1)' }, 'connected')
    logger.error({}, 'two\nlines')
    expect(objects()).toEqual([
      { level: 30, time: 1234, service: 'checkout', broker: '1 (a:1)', msg: 'connected' },
      { level: 50, time: 1234, service: 'checkout', msg: 'two\nlines' },
    ])
    for (const line of lines) expect(line).toMatch(/^[^\n]+\n$/)
  })

  test.each([
    ['debug', [20, 30, 40, 50]],
    ['info', [30, 40, 50]],
    ['warn', [40, 50]],
    ['error', [50]],
  ] as const)('at level %s writes what matters as much', (level, levels) => {
    const { logger, objects } = logged({ level })
    for (const each of ['debug', 'info', 'warn', 'error'] as const) logger[each]({}, each)
    expect(objects().map((line) => line.level)).toEqual(levels)
  })

  test('carries what JSON cannot: bigints, errors, circles', () => {
    const { logger, objects } = logged()
    logger.warn({ offset: 2n ** 60n, error: new TypeError('bad') }, 'one')
    logger.warn({ error: new BrokerError('X', 9, 'no', { context: { offset: 5n } }) }, 'two')
    const circle: Record<string, unknown> = {}
    circle.self = circle
    logger.warn(circle, 'three')
    const [one, two, three] = objects()
    expect(one).toMatchObject({ offset: '1152921504606846976', error: { name: 'TypeError', message: 'bad' } })
    expect(two.error).toMatchObject({ name: 'BrokerError', code: 'X', context: { offset: '5' } })
    expect(three).toMatchObject({ msg: 'three', unprintable: expect.stringContaining('circular') })
  })

  test('refuses a level that is none', () => {
    expect(() => consoleLogger({ level: 'loud' as 'info' })).toThrow(
      /level must be one of debug, info, warn, error/,
    )
  })

  test('writes to standard error by default', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      consoleLogger().warn({}, 'seen')
      expect(write.mock.calls[0][0]).toContain('"msg":"seen"')
    } finally {
      write.mockRestore()
    }
  })
})

test('the silent logger says nothing', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  for (const level of ['debug', 'info', 'warn', 'error'] as const) silentLogger[level]({}, 'x')
  expect(write).not.toHaveBeenCalled()
  write.mockRestore()
})
