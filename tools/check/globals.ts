import { importsOf, type SourceFile } from './floors.ts'

/**
 * What only the runtime may touch: clocks, timers, chance, and the operating system. Everything above takes
 * them from the `Runtime` it was given, so that the simulator can replay it.
 */
const forbiddenExpressions: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bDate\.now\b/, 'Date.now'],
  [/\bnew Date\(\s*\)/, 'new Date()'],
  [/\bperformance\s*\./, 'performance'],
  [/\bprocess\.hrtime\b/, 'process.hrtime'],
  [/\bprocess\.nextTick\b/, 'process.nextTick'],
  [/(?<![.\w])setTimeout\s*\(/, 'setTimeout'],
  [/(?<![.\w])setInterval\s*\(/, 'setInterval'],
  [/(?<![.\w])setImmediate\s*\(/, 'setImmediate'],
  [/\bAbortSignal\.timeout\b/, 'AbortSignal.timeout'],
  [/\bMath\.random\b/, 'Math.random'],
  [/(?<![.\w])crypto\s*\./, 'crypto'],
  [/(?<![.\w#]|async )fetch\s*\(/, 'fetch'],
]

const forbiddenModules: readonly string[] = [
  'net',
  'tls',
  'dns',
  'dgram',
  'http',
  'https',
  'http2',
  'fs',
  'crypto',
  'timers',
  'perf_hooks',
  'worker_threads',
  'child_process',
].flatMap((name) => [name, `node:${name}`, `${name}/promises`, `node:${name}/promises`])

/** Uses of the world outside the runtime floor and the command line; one sentence each. */
export function findGlobalUses(files: readonly SourceFile[]): string[] {
  const uses: string[] = []
  for (const file of files) {
    if (file.path.startsWith('runtime/') || file.path.startsWith('cli/')) continue
    for (const specifier of importsOf(file.text)) {
      if (forbiddenModules.includes(specifier)) uses.push(`src/${file.path} imports ${specifier}`)
    }
    stripComments(file.text)
      .split('\n')
      .forEach((line, index) => {
        for (const [pattern, name] of forbiddenExpressions) {
          if (pattern.test(line)) uses.push(`src/${file.path}:${index + 1} uses ${name}`)
        }
      })
  }
  return uses
}

/** Blanks comments and the text of quoted strings, and keeps the lines where they are. */
export function stripComments(text: string): string {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g
  return text.replace(token, (match) => match.replace(/[^\n]/g, ' '))
}
