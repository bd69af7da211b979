import { describe, expect, test } from 'vitest'
import { findFloorViolations, importsOf } from '../../tools/check/floors.ts'
import { findGlobalUses } from '../../tools/check/globals.ts'

describe('floors', () => {
  test('imports that go down, or stay in the room, pass', () => {
    const files = [
      { path: 'producer/sender.ts', text: `import { Cluster } from '../cluster/cluster.ts'` },
      {
        path: 'producer/producer.ts',
        text: `import { Sender } from './sender.ts'\nimport x from 'node:zlib'`,
      },
    ]
    expect(findFloorViolations(files)).toEqual([])
  })

  test('an import that goes up is named', () => {
    const files = [
      { path: 'network/connection.ts', text: `import type { Cluster } from '../cluster/cluster.ts'` },
    ]
    expect(findFloorViolations(files)).toEqual([
      'src/network/connection.ts imports src/cluster/cluster.ts, which is above it',
    ])
  })

  test('rooms on one floor do not know each other', () => {
    const files = [{ path: 'consumer/x.ts', text: `export { y } from '../producer/y.ts'` }]
    expect(findFloorViolations(files)).toEqual([
      'src/consumer/x.ts imports src/producer/y.ts, a room on the same floor',
    ])
  })

  test('a place outside the plan is named', () => {
    expect(findFloorViolations([{ path: 'attic/x.ts', text: '' }])).toEqual([
      'src/attic/x.ts is on no floor of the plan',
    ])
    const outside = [{ path: 'kafka.ts', text: `import '../tools/x.ts'` }]
    expect(findFloorViolations(outside)).toEqual(['src/kafka.ts imports ../tools/x.ts, which is outside src'])
  })

  test('finds static, bare, dynamic and re-exporting imports', () => {
    const text = `import a from './a.ts'\nimport './b.ts'\nawait import('./c.ts')\nexport * from "./d.ts"`
    expect(importsOf(text)).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts'])
  })
})

describe('globals', () => {
  test('names the line of a forbidden global', () => {
    const text = `const a = 1\nsetTimeout(() => {}, 5)\nconst t = Date.now()`
    expect(findGlobalUses([{ path: 'cluster/x.ts', text }])).toEqual([
      'src/cluster/x.ts:2 uses setTimeout',
      'src/cluster/x.ts:3 uses Date.now',
    ])
  })

  test('names a forbidden module', () => {
    expect(findGlobalUses([{ path: 'network/x.ts', text: `import net from 'node:net'` }])).toEqual([
      'src/network/x.ts imports node:net',
    ])
  })

  test('leaves comments, methods of the same name, and the runtime alone', () => {
    expect(
      findGlobalUses([
        {
          path: 'cluster/x.ts',
          text: `// setTimeout(\n/* Date.now() */ timers.setTimeout(1)\nthis.#fetch(1)`,
        },
      ]),
    ).toEqual([])
    expect(findGlobalUses([{ path: 'runtime/node.ts', text: `Date.now()` }])).toEqual([])
  })
})
