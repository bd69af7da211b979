#!/usr/bin/env node
import { createRequire } from 'node:module'
import { runCli } from './cli.ts'

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

process.exitCode = await runCli(process.argv.slice(2), {
  version,
  tell: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
  untilInterrupted: () =>
    new Promise((resolve) => {
      process.once('SIGINT', () => resolve())
      process.once('SIGTERM', () => resolve())
    }),
})
