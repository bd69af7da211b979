import { parseArgs } from 'node:util'
import { nearestName } from '../option-checks.ts'

/** What a command can be told. */
export interface FlagSpec {
  /** Whether a value follows: `--port 9092` or `--port=9092`. */
  readonly type: 'string' | 'boolean'
  /** It may be given more than once. */
  readonly multiple?: boolean
  readonly short?: string
}

/** A command line that cannot be understood. The message is for the person who wrote it. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** What was given for each flag, in the order of the command line. */
export type Flags<Name extends string> = Readonly<Partial<Record<Name, readonly string[]>>>

/**
 * Reads a command's arguments, which are flags alone.
 *
 * @throws UsageError for an unknown flag, which names the nearest, and for one that has no value or two
 */
export function readFlags<Name extends string>(
  args: readonly string[],
  specs: Readonly<Record<Name, FlagSpec>>,
): Flags<Name> {
  const { tokens } = parseArgs({
    args: [...args],
    options: specs,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const flags: Partial<Record<Name, string[]>> = {}
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') throw new UsageError(`'${token.value}' is no flag`)
    const { name, rawName, value, inlineValue } = token
    const spec = Object.hasOwn(specs, name) ? specs[name as Name] : undefined
    if (spec === undefined) throw new UsageError(unknown(rawName, Object.keys(specs)))
    if (spec.type === 'boolean' && value !== undefined) throw new UsageError(`${rawName} takes no value`)
    if (spec.type === 'string' && (value === undefined || (!inlineValue && value.startsWith('-'))))
      throw new UsageError(`${rawName} needs a value`)
    const given = flags[name as Name] ?? []
    flags[name as Name] = given
    if (given.length > 0 && spec.multiple !== true) throw new UsageError(`${rawName} is given twice`)
    given.push(value ?? '')
  }
  return flags
}

function unknown(rawName: string, known: readonly string[]): string {
  const nearest = nearestName(rawName.replace(/^-+/, ''), known)
  return `there is no flag ${rawName}${nearest === undefined ? '' : `; did you mean --${nearest}?`}`
}
