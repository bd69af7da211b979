/** Running a program to its end, with all that it said. */
import { spawn } from 'node:child_process'

export interface Outcome {
  stdout: string
  stderr: string
  /** The exit code; -1 when a signal ended it. */
  code: number
}

export interface RunOptions {
  stdin?: string
  cwd?: string
  env?: Record<string, string>
  /** Ends the program with SIGKILL. Default: 120 s. */
  timeoutMs?: number
}

/** A program that is not installed. */
export class ProgramMissingError extends Error {
  override name = 'ProgramMissingError'
}

/** Runs `command` and resolves when it has ended, however it ended; rejects when it cannot be started or takes too long. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { stdin = '', cwd, env, timeoutMs = 120_000 } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env && { ...process.env, ...env }, stdio: 'pipe' })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    const said = () => ({
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    })
    let tooLong = false
    const timer = setTimeout(() => {
      tooLong = true
      child.kill('SIGKILL')
    }, timeoutMs)
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.stdin.on('error', () => {}) // it ended without reading all of it; the exit code tells
    child.stdin.end(stdin)
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      reject(error.code === 'ENOENT' ? new ProgramMissingError(`${command} is not installed`) : error)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      if (tooLong) {
        const { stdout, stderr } = said()
        reject(new Error(`${command} ${args.join(' ')} took more than ${timeoutMs} ms\n${stdout}${stderr}`))
      } else resolve({ ...said(), code: code ?? -1 })
    })
  })
}

/** As `run`, for a program that is expected to succeed: rejects with what it said when its exit code is not 0. */
export async function runOrFail(
  command: string,
  args: readonly string[],
  options?: RunOptions,
): Promise<Outcome> {
  const outcome = await run(command, args, options)
  if (outcome.code === 0) return outcome
  throw new Error(
    `${command} ${args.join(' ')} ended with code ${outcome.code}\n${outcome.stdout}${outcome.stderr}`,
  )
}
