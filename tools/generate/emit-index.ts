import { banner, type GeneratedFile, messagesFolder } from './emit-file.ts'
import { apiName, kebab } from './naming.ts'
import type { Schema } from './schema.ts'
import { CodeText } from './text.ts'

/** The files about all messages together: `index.ts`, and `api-facts.ts`, which loads none of them. */

/** Exports every message and API by name; nested structures come from the file of their message. */
export function emitIndex(requests: readonly Schema[], others: readonly Schema[]): GeneratedFile {
  const text = new CodeText()
  text.line("import type { Api } from '../message.ts'")
  for (const request of requests)
    text.line(`import { ${apiName(request)} } from './${kebab(apiName(request))}.ts'`)
  text.line()
  for (const { name } of others) text.line(`export { ${name} } from './${kebab(name)}.ts'`)
  for (const request of requests) {
    const api = apiName(request)
    text.list('export {', [api, `${api}Request`, `${api}Response`], `} from './${kebab(api)}.ts'`)
  }
  text.line()
  text.line('/** Every API that a client can meet, by key. */')
  text.block(
    'export const apis: readonly Api<unknown, unknown>[] = [',
    () => {
      for (const request of requests) text.line(`${apiName(request)},`)
    },
    ']',
  )
  text.line()
  text.line('const byKey = new Map(apis.map((api) => [api.key, api]))')
  text.line()
  text.block('export function apiByKey(key: number): Api<unknown, unknown> | undefined {', () => {
    text.line('return byKey.get(key)')
  })
  return { path: `${messagesFolder}/index.ts`, text: `${banner}\n${text}` }
}

/** Key, name, versions and flexibility of every API, also of those between brokers and controllers. */
export function emitApiFacts(requests: readonly Schema[]): GeneratedFile {
  const text = new CodeText()
  text.line('/** What is known of an API without loading its messages. */')
  text.block('export interface ApiFacts {', () => {
    text.line('readonly key: number')
    text.line('readonly name: string')
    text.line('readonly versions: readonly [lowest: number, highest: number]')
    text.line('/** The first flexible version; Infinity when there is none. */')
    text.line('readonly flexibleFrom: number')
  })
  text.line()
  text.line('/** Every API of Kafka, those between brokers and controllers included, by key. */')
  text.block(
    'export const apiFacts: readonly ApiFacts[] = [',
    () => {
      for (const request of requests) {
        const { apiKey, versions, flexibleFrom } = request
        const range = `[${versions.from}, ${versions.to}]`
        text.line(
          `{ key: ${apiKey}, name: '${apiName(request)}', versions: ${range}, flexibleFrom: ${flexibleFrom} },`,
        )
      }
    },
    ']',
  )
  return { path: `${messagesFolder}/api-facts.ts`, text: `${banner}\n${text}` }
}
