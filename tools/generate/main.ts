/**
 * `npm run generate`: writes `src/protocol/messages`, `src/protocol/error-codes.ts` and the shapes that the
 * conformance tests go by, from the schemas and error codes in the pinned `kafka-clients` jar.
 *
 * With `--check` it writes nothing, lists the files that are out of date, and exits with 1 when there are any.
 * Without the jar the check goes by `manifest.json`, the digests of what was generated last.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KAFKA_VERSION } from '../kafka-version.ts'
import { projectRoot } from '../project-root.ts'
import { emitApiFile, emitDataFile, type GeneratedFile, messagesFolder } from './emit-file.ts'
import { emitApiFacts, emitIndex } from './emit-index.ts'
import { emitShapes, shapesPath } from './emit-shapes.ts'
import { type ErrorFacts, emitErrorCodes, errorCodesPath } from './error-codes.ts'
import { readErrorFacts } from './error-facts.ts'
import { findJar } from './jar.ts'
import { isEmpty, parseSchema, type Schema } from './schema.ts'
import { readZip } from './zip.ts'

const root = projectRoot()
const factsPath = 'tools/generate/error-codes.json'
const manifestPath = 'tools/generate/manifest.json'

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
  const apis = met.map(
    (request) => [request, schemas.get(request.name.replace(/Request$/, 'Response'))!] as const,
  )
  return [
    ...apis.map(([request, response]) => emitApiFile(request, response)),
    ...data.map(emitDataFile),
    emitIndex(met, data),
    emitApiFacts(requests),
    emitErrorCodes(errors),
    emitShapes([...apis.flat(), ...data]),
  ]
}

/** The text of a file of the project. */
function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The generated files that are there now, by path. */
function committedFiles(): Map<string, string> {
  const folder = join(root, messagesFolder)
  const names = existsSync(folder) ? readdirSync(folder).sort() : []
  const paths = [...names.map((name) => `${messagesFolder}/${name}`), errorCodesPath, shapesPath]
  return new Map(paths.filter((path) => existsSync(join(root, path))).map((path) => [path, read(path)]))
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

/** What Kafka says of its error codes, or what it said last when there is no JDK to ask it. */
function errorFacts(jar: string): ErrorFacts[] {
  return readErrorFacts(jar) ?? (JSON.parse(read(factsPath)) as ErrorFacts[])
}

/** The paths of what is out of date. */
function check(jar: string | null): string[] {
  const committed = manifestOf(committedFiles())
  const manifest = JSON.parse(read(manifestPath)) as Manifest
  if (jar === null) {
    console.log(`kafka-clients ${KAFKA_VERSION} is not at hand (no Maven?): compared with ${manifestPath}`)
    return differences(manifest, committed)
  }
  const facts = errorFacts(jar)
  const expected = manifestOf(generate(readSchemas(jar), facts).map(({ path, text }) => [path, text]))
  const stale = differences(expected, committed)
  if (differences(expected, manifest).length > 0) stale.push(manifestPath)
  if (formatFacts(facts) !== read(factsPath)) stale.push(factsPath)
  return stale
}

/** The number of files written. */
function write(jar: string): number {
  const facts = errorFacts(jar)
  const files = generate(readSchemas(jar), facts)
  for (const path of committedFiles().keys()) {
    if (!files.some((file) => file.path === path)) rmSync(join(root, path))
  }
  const manifest = manifestOf(files.map(({ path, text }) => [path, text]))
  const notes = [
    { path: factsPath, text: formatFacts(facts) },
    { path: manifestPath, text: `${JSON.stringify(manifest, null, 2)}\n` },
  ]
  for (const { path, text } of [...files, ...notes]) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
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
  console.log(`${write(jar)} files written from kafka-clients ${KAFKA_VERSION}`)
}
