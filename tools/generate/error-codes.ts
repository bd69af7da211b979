import { banner, type GeneratedFile } from './emit-file.ts'
import { errorMessages } from './error-messages.ts'
import { CodeText } from './text.ts'

/** What Kafka's own `Errors` says of a code; `error-codes.json` holds a list of them. */
export interface ErrorFacts {
  readonly code: number
  readonly name: string
  readonly retriable: boolean
}

export const errorCodesPath = 'src/protocol/error-codes.ts'

export function emitErrorCodes(facts: readonly ErrorFacts[]): GeneratedFile {
  const names = new Set(facts.map(({ name }) => name))
  const withoutMessage = facts.filter(({ name }) => errorMessages[name] === undefined).map(({ name }) => name)
  const withoutCode = Object.keys(errorMessages).filter((name) => !names.has(name))
  if (withoutMessage.length > 0)
    throw new Error(`error-messages.ts says nothing of ${withoutMessage.join(', ')}`)
  if (withoutCode.length > 0)
    throw new Error(`error-messages.ts has codes that Kafka has not: ${withoutCode.join(', ')}`)

  const text = new CodeText()
  text.block('export interface ErrorCode {', () => {
    text.line('readonly code: number')
    text.line("/** Kafka's name, as `NOT_LEADER_OR_FOLLOWER`. */")
    text.line('readonly name: string')
    text.line('/** The same request may succeed later, perhaps elsewhere. */')
    text.line('readonly retriable: boolean')
    text.line('/** What it means and what to do. */')
    text.line('readonly message: string')
  })
  text.line()
  text.line('/** The number of each code, by its name. */')
  text.block(
    'export const ErrorCodes = {',
    () => {
      for (const { code, name } of facts) text.line(`${name}: ${code},`)
    },
    '} as const',
  )
  text.line()
  text.block(
    'export const errorCodes: readonly ErrorCode[] = [',
    () => {
      for (const { code, name, retriable } of facts) {
        text.block(
          '{',
          () => {
            text.line(`code: ${code},`)
            text.line(`name: '${name}',`)
            text.line(`retriable: ${retriable},`)
            text.line(`message: ${quoted(errorMessages[name]!)},`)
          },
          '},',
        )
      }
    },
    ']',
  )
  text.line()
  text.line('const byCode = new Map(errorCodes.map((entry) => [entry.code, entry]))')
  text.line()
  text.line(
    '/** The entry of a code; a code that is newer than this list becomes an UNKNOWN_SERVER_ERROR that names it. */',
  )
  text.block('export function errorByCode(code: number): ErrorCode {', () => {
    text.line('const known = byCode.get(code)')
    text.line('if (known !== undefined) return known')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder belongs to the code that is written
    text.line('const message = `the broker answered the error code ${code}, which this client does not know`')
    text.line("return { code, name: 'UNKNOWN_SERVER_ERROR', retriable: false, message }")
  })
  return { path: errorCodesPath, text: `${banner}\n${text}` }
}

function quoted(message: string): string {
  return message.includes("'") ? `"${message}"` : `'${message}'`
}
