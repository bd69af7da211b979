import { nearestName } from '../option-checks.ts'
import { brokerCommand } from './broker-command.ts'
import { UsageError } from './flags.ts'
import type { Terminal } from './terminal.ts'

const help = `usage: odradek COMMAND [flags]

  odradek broker     runs a Kafka cluster for development in this process
  odradek --version  the version of odradek
  odradek --help     this

odradek COMMAND --help tells of a command.`

const commands: Readonly<Record<string, (args: readonly string[], terminal: Terminal) => Promise<number>>> = {
  broker: brokerCommand,
}

/** Carries out a command line, without the program's name. Gives the exit code: 2 for what was not understood. */
export async function runCli([command, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (command === '--help' || command === '-h') {
    terminal.tell(help)
    return 0
  }
  if (command === '--version') {
    terminal.tell(terminal.version)
    return 0
  }
  try {
    if (command === undefined) throw new UsageError('which command?')
    if (!Object.hasOwn(commands, command)) throw new UsageError(unknown(command))
    return await commands[command](args, terminal)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const name = command !== undefined && Object.hasOwn(commands, command) ? `odradek ${command}` : 'odradek'
    terminal.complain(`${name}: ${error.message}`)
    terminal.complain(`${name} --help tells more.`)
    return 2
  }
}

function unknown(command: string): string {
  const known = [...Object.keys(commands), '--help', '--version']
  const nearest = nearestName(command, known)
  const what = command.startsWith('-') ? 'flag' : 'command'
  return `there is no ${what} ${command}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
}
