import type { Result } from './scenario.ts'

const columns: readonly (readonly [title: string, cell: (result: Result) => string])[] = [
  ['case', (r) => r.case],
  ['client', (r) => r.client],
  ['records/s', (r) => (r.value === undefined ? rate(r.recordsPerSecond) : `${number(r.value)} ${r.unit}`)],
  ['min', (r) => rate(r.minRecordsPerSecond)],
  ['max', (r) => rate(r.maxRecordsPerSecond)],
  ['MB/s', (r) => number(r.megabytesPerSecond)],
  ['p50 ms', (r) => number(r.p50Ms)],
  ['p99 ms', (r) => number(r.p99Ms)],
  ['cpu ns/record', (r) => number(r.cpuNsPerRecord)],
  ['of replay', (r) => (r.replayRatio === undefined ? '' : r.replayRatio.toFixed(2))],
]

/** The results of one scenario as a table of plain text; columns that are empty throughout are left out. */
export function table(results: readonly Result[]): string {
  const shown = columns
    .map(([title, cell]) => [title, ...results.map(cell)])
    .filter((column) => column.slice(1).some((text) => text !== ''))
  const widths = shown.map((column) => Math.max(...column.map((text) => text.length)))
  const lines = shown[0].map((_, row) =>
    shown
      .map((column, i) => (i < 2 ? column[row].padEnd(widths[i]) : column[row].padStart(widths[i])))
      .join('  '),
  )
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '))
  return lines.join('\n')
}

function rate(value: number | undefined): string {
  if (value === undefined) return ''
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  return value >= 1e4 ? `${(value / 1e3).toFixed(0)} k` : value.toFixed(0)
}

function number(value: number | undefined): string {
  if (value === undefined) return ''
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
