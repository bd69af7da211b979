import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { readZip } from '../../../tools/generate/zip.ts'

const folder = mkdtempSync(join(tmpdir(), 'odradek-zip-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A zip file as the format's description has it, with an extra field in the local headers only. */
function zip(entries: Record<string, string>, method: 0 | 8, comment = ''): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, text] of Object.entries(entries)) {
    const data = method === 8 ? deflateRawSync(text) : Buffer.from(text)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(name.length, 26)
    local.writeUInt16LE(4, 28)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE(method, 10)
    central.writeUInt32LE(data.length, 20)
    central.writeUInt32LE(text.length, 24)
    central.writeUInt16LE(name.length, 28)
    central.writeUInt32LE(offset, 42)
    directory.push(central, Buffer.from(name))
    const entry = Buffer.concat([local, Buffer.from(name), Buffer.alloc(4), data])
    parts.push(entry)
    offset += entry.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Object.keys(entries).length, 10)
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...parts, ...directory, end, Buffer.from(comment)])
}

describe('a zip file', () => {
  const entries = { 'common/a.json': 'a'.repeat(500), 'common/b.json': 'b', 'other.class': 'c' }

  it.each([0, 8] as const)('gives the entries that are wanted, stored or deflated (method %s)', (method) => {
    const path = join(folder, `${method}.jar`)
    writeFileSync(path, zip(entries, method, 'with a comment'))
    const read = readZip(path, (name) => name.startsWith('common/'))
    expect([...read].map(([name, text]) => [name, text.toString()])).toEqual(
      Object.entries(entries).slice(0, 2),
    )
  })

  it('that is none is refused', () => {
    const path = join(folder, 'none.jar')
    writeFileSync(path, 'not a zip file, although it is long enough')
    expect(() => readZip(path, () => true)).toThrow('is not a zip file')
  })
})
