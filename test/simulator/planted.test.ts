import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parsePlanted, readPlanted } from '../../simulator/planted/planted-bug.ts'
import { scenarios } from '../../simulator/scenarios/index.ts'
import { projectRoot } from '../../tools/project-root.ts'

describe('planted bugs', () => {
  it('say what is wrong, where and within how many seeds it is found', () => {
    const text = '# It is wrong.\n# scenario: standard\n# seeds: 20\n--- a/src/x.ts\n+++ b/src/x.ts\n'
    expect(parsePlanted('somewhere/client-is-wrong.patch', text)).toEqual({
      name: 'client-is-wrong',
      path: 'somewhere/client-is-wrong.patch',
      says: 'It is wrong.',
      scenario: 'standard',
      seeds: 20,
    })
    expect(() => parsePlanted('p.patch', text.replace('# seeds: 20\n', ''))).toThrow('# seeds: ...')
    expect(() => parsePlanted('p.patch', text.replace('# It is wrong.\n', ''))).toThrow('what is wrong')
  })

  it.each(readPlanted(join(projectRoot(), 'test/simulator/planted')))('$name still fits', (bug) => {
    expect(bug.name).toMatch(/^(client|broker)-/)
    expect(bug.seeds).toBeGreaterThan(0)
    expect(scenarios.has(bug.scenario)).toBe(true)
    const patch = readFileSync(bug.path, 'utf8')
    const [, path] = /^--- a\/(src\/\S+)$/m.exec(patch)!
    const source = readFileSync(join(projectRoot(), path), 'utf8')
    // What the patch takes out is there to be taken out.
    const removed = patch.split('\n').filter((line) => /^-(?!--)/.test(line))
    for (const line of removed) expect(source).toContain(line.slice(1))
  })
})
