/** What a real Kafka answered to the scenarios, kept so that the broker can be held to it where there is no Kafka. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectRoot } from '../../../tools/project-root.ts'
import type { Plain } from './transcript.ts'

/** The release that every scenario was recorded with; others of an older one are in folders of their own. */
export const recordedVersion = '4.3.1'

export type Transcript = { say: string; answer: Plain }[]

const folder = join(projectRoot(), 'test/testing/recorded')

function fileOf(scenario: string, version: string): string {
  const ofVersion = version === recordedVersion ? folder : join(folder, version)
  return join(ofVersion, `${scenario.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}.jsonl`)
}

/** Undefined when the scenario was not recorded yet. */
export function readRecording(scenario: string, version = recordedVersion): Transcript | undefined {
  const file = fileOf(scenario, version)
  if (!existsSync(file)) return undefined
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** One answer a line, so that a change shows as what it is. */
export function writeRecording(scenario: string, transcript: Transcript, version = recordedVersion): void {
  const file = fileOf(scenario, version)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, transcript.map((line) => `${JSON.stringify(line)}\n`).join(''))
}
