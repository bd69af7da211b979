/**
 * `npm run generate`: writes `src/protocol/messages` and `src/protocol/error-codes.ts` from the schemas and error
 * codes in the pinned `kafka-clients` jar.
 *
 * With `--check` it writes nothing, lists the files that are out of date, and exits with 1 when there are any.
 * Without the jar the check goes by `manifest.json`, the digests of what was generated last.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KAFKA_VERSION } from '../kafka-version.ts'
import { projectRoot } from '../project-root.ts'
import { emitApiFile, emitDataFile, type GeneratedFile } from './emit-file.ts'
import { emitApiFacts, emitIndex } from './emit-index.ts'
import { type ErrorFacts, emitErrorCodes } from './error-codes.ts'
import { readErrorFacts } from './error-facts.ts'
import { findJar } from './jar.ts'
import { isEmpty, parseSchema, type Schema } from './schema.ts'
import { readZip } from './zip.ts'

const root = projectRoot()
const target = join(root, 'src', 'protocol')
const factsPath = join(root, 'tools', 'generate', 'error-codes.json')
const manifestPath = join(root, 'tools', 'generate', 'manifest.json')

const dataMessages = [
  'RequestHeader',
  'ResponseHeader',
  'ConsumerProtocolSubscription',
  'ConsumerProtocolAssignment',
  'EndTxnMarker',
]

function readSchemas(jar: string): Map<string, Schema> {
  const files = readZip(jar, (name) => /^common\/message\/\w+\.json$/.test(name))
  const schemas = new Map<string, Schema>()
  for (const text of files.values()) {
    const schema = parseSchema(text.toString('utf8'))
    schemas.set(schema.name, schema)
  }
  return schemas
}

function generate(schemas: Map<string, Schema>, errors: readonly ErrorFacts[]): GeneratedFile[] {
  const requests = [...schemas.values()]
    .filter(({ type, versions }) => type === 'request' && !isEmpty(versions))
    .sort((a, b) => a.apiKey - b.apiKey)
  const met = requests.filter(({ listeners }) => listeners.includes('broker'))
  const data = dataMessages.map((name) => schemas.get(name)!)
  return [
    ...met.map((request) => emitApiFile(request, schemas.get(request.name.replace(/Request$/, 'Response'))!)),
    ...data.map(emitDataFile),
    emitIndex(met, data),
    emitApiFacts(requests),
    emitErrorCodes(errors),
  ]
}

/** The generated files that are there now, by path below `src/protocol`. */
function committedFiles(): Map<string, string> {
  const found = new Map<string, string>()
  const messages = join(target, 'messages')
  const names = existsSync(messages) ? readdirSync(messages).map((name) => `messages/${name}`) : []
  for (const path of [...names, 'error-codes.ts']) {
    if (existsSync(join(target, path))) found.set(path, readFileSync(join(target, path), 'utf8'))
  }
  return found
}

type Manifest = Record<string, string>

/** The digest of each file, and the release that they were made from. */
function manifestOf(files: Iterable<readonly [path: string, text: string]>): Manifest {
  const digests = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, text]) => [path, createHash('sha256').update(text).digest('hex')] as const)
  return { 'kafka-clients': KAFKA_VERSION, ...Object.fromEntries(digests) }
}

function formatFacts(facts: readonly ErrorFacts[]): string {
  const lines = facts.map(({ code, name, retriable }) => {
    return `  { "code": ${code}, "name": "${name}", "retriable": ${retriable} }`
  })
  return `[\n${lines.join(',\n')}\n]\n`
}

function differences(expected: Manifest, found: Manifest): string[] {
  const paths = new Set([...Object.keys(expected), ...Object.keys(found)])
  return [...paths].filter((path) => expected[path] !== found[path])
}

function check(jar: string | null): string[] {
  const committed = manifestOf(committedFiles())
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest
  if (jar === null) {
    console.log(
      `kafka-clients ${KAFKA_VERSION} is not at hand (no Maven?): compared with tools/generate/manifest.json`,
    )
    return differences(manifest, committed)
  }
  const factsText = readFileSync(factsPath, 'utf8')
  const facts = readErrorFacts(jar) ?? (JSON.parse(factsText) as ErrorFacts[])
  const files = generate(readSchemas(jar), facts)
  const expected = manifestOf(files.map(({ path, text }) => [path, text]))
  const stale = differences(expected, committed)
  if (differences(expected, manifest).length > 0) stale.push('tools/generate/manifest.json')
  if (formatFacts(facts) !== factsText) stale.push('tools/generate/error-codes.json')
  return stale
}

function write(jar: string): number {
  const facts = readErrorFacts(jar) ?? (JSON.parse(readFileSync(factsPath, 'utf8')) as ErrorFacts[])
  const files = generate(readSchemas(jar), facts)
  for (const path of committedFiles().keys()) {
    if (!files.some((file) => file.path === path)) rmSync(join(target, path))
  }
  for (const { path, text } of files) {
    mkdirSync(dirname(join(target, path)), { recursive: true })
    writeFileSync(join(target, path), text)
  }
  writeFileSync(factsPath, formatFacts(facts))
  const manifest = manifestOf(files.map(({ path, text }) => [path, text]))
  writeFileSync(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`)
  return files.length
}

const jar = findJar()
if (process.argv.includes('--check')) {
  const stale = check(jar)
  for (const path of stale) console.log(`out of date: ${path}`)
  if (stale.length > 0) {
    console.log('run `npm run generate` and commit what it writes')
    process.exitCode = 1
  }
} else if (jar === null) {
  console.error(
    `kafka-clients ${KAFKA_VERSION} is needed: install Maven and a JDK (17 or later) and try again`,
  )
  process.exitCode = 1
} else {
  console.log(`${write(jar)} files written to src/protocol from kafka-clients ${KAFKA_VERSION}`)
}
