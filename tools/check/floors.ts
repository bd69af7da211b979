import { dirname, normalize, relative, sep } from 'node:path'

/**
 * The floors of docs/architecture.md, lowest first. A file may import from its own floor and from the ones
 * below it. Rooms in one entry share a floor and do not know each other.
 */
export const floors: readonly (readonly string[])[] = [
  ['errors.ts'],
  ['option-checks.ts'],
  ['runtime'],
  ['protocol'],
  ['compression'],
  ['records'],
  ['network'],
  ['cluster'],
  ['observe'],
  ['serde'],
  ['producer', 'consumer', 'share', 'admin'],
  ['delivery'],
  ['kafka.ts'],
  ['index.ts'],
  ['kafkajs', 'testing'],
  ['cli'],
]

export interface SourceFile {
  /** Relative to src, with forward slashes. */
  path: string
  text: string
}

/** Imports that go up, sideways between rooms, or to a place that is on no floor; one sentence each. */
export function findFloorViolations(files: readonly SourceFile[]): string[] {
  const violations: string[] = []
  for (const file of files) {
    const own = placeOf(file.path)
    if (own === undefined) {
      violations.push(`src/${file.path} is on no floor of the plan`)
      continue
    }
    for (const specifier of importsOf(file.text)) {
      if (!specifier.startsWith('.')) continue
      const target = normalize(`${dirname(file.path)}/${specifier}`)
        .split(sep)
        .join('/')
      if (target.startsWith('../')) {
        violations.push(`src/${file.path} imports ${specifier}, which is outside src`)
        continue
      }
      const other = placeOf(target)
      if (other === undefined) violations.push(`src/${file.path} imports src/${target}, which is on no floor`)
      else if (other.floor > own.floor)
        violations.push(`src/${file.path} imports src/${target}, which is above it`)
      else if (other.floor === own.floor && other.room !== own.room)
        violations.push(`src/${file.path} imports src/${target}, a room on the same floor`)
    }
  }
  return violations
}

function placeOf(path: string): { floor: number; room: string } | undefined {
  const room = path.split('/')[0]
  const floor = floors.findIndex((rooms) => rooms.includes(room))
  return floor === -1 ? undefined : { floor, room }
}

const importPattern = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s*)(['"])([^'"]+)\1/g

/** The specifiers of every import, export-from and dynamic import in a text. */
export function importsOf(text: string): string[] {
  return [...text.matchAll(importPattern)].map((match) => match[2])
}

/** A path under `root`, relative and with forward slashes. */
export function relativePath(root: string, path: string): string {
  return relative(root, path).split(sep).join('/')
}
