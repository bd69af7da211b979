import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A bug that is planted into a copy of the sources, to see whether the simulator finds it. */
export interface PlantedBug {
  /** The file's name without its ending; it begins with `client-` or `broker-`. */
  readonly name: string
  readonly path: string
  /** What is wrong, in a sentence. */
  readonly says: string
  readonly scenario: string
  /** Within so many seeds, from 1 on, it has to be caught. */
  readonly seeds: number
}

/** All planted bugs of a folder: unified diffs with lines of `# ` in front that say what, `scenario:` and `seeds:`. */
export function readPlanted(folder: string): PlantedBug[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.patch'))
    .sort()
    .map((file) => parsePlanted(join(folder, file), readFileSync(join(folder, file), 'utf8')))
}

/** @throws Error when a line is missing */
export function parsePlanted(path: string, text: string): PlantedBug {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.patch$/, '')
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('# '))
    .map((line) => line.slice(2))
  const field = (key: string): string => {
    const line = lines.find((one) => one.startsWith(`${key}: `))
    if (line === undefined) throw new Error(`${path} has no line '# ${key}: ...'`)
    return line.slice(key.length + 2)
  }
  const says = lines.filter((line) => !/^(scenario|seeds): /.test(line)).join(' ')
  if (says === '') throw new Error(`${path} does not say what is wrong`)
  return { name, path, says, scenario: field('scenario'), seeds: Number(field('seeds')) }
}
