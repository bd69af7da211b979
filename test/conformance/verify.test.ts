/** That the check of vectors finds what it is there to find: each kind of harm done to a vector is a mismatch. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { projectRoot } from '../../tools/project-root.ts'
import { Tally } from './tally.ts'

const vectors = readFileSync(join(projectRoot(), 'test/conformance/vectors/kafka-4.3.1.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')

function check(...lines: string[]): Tally {
  const tally = new Tally()
  for (const line of lines) tally.check(line)
  return tally
}

const heartbeat =
  '{"message":"HeartbeatRequest","apiKey":12,"version":0,"hex":"0001670000000700016d",' +
  '"json":{"groupId":"g","generationId":7,"memberId":"m"}}'
const commit =
  '{"message":"OffsetDeleteResponse","apiKey":47,"version":0,"hex":"00000000000500000000",' +
  '"json":{"errorCode":0,"throttleTimeMs":5,"topics":[]}}'

describe('the committed vectors', () => {
  let tally: Tally
  beforeAll(() => {
    tally = check(...vectors)
  })

  it('all match', () => {
    expect(tally.shown).toEqual([])
    expect(tally.summary()).toBe(`${vectors.length} vectors, 0 of messages not generated, 0 mismatches`)
  })

  it('have every version of every message', () => {
    expect(tally.notVisited()).toEqual([])
  })

  it('have arrays of none, one and many', () => {
    expect(vectors.some((line) => line.includes('[]'))).toBe(true)
    expect(vectors.some((line) => /\[\d+\]/.test(line))).toBe(true)
    expect(vectors.some((line) => /\[\d+,\d+/.test(line))).toBe(true)
  })
})

describe('a vector', () => {
  it('matches when nothing was done to it', () => {
    expect(check(heartbeat, commit).summary()).toBe('2 vectors, 0 of messages not generated, 0 mismatches')
  })

  it.each([
    ['a wrong number', heartbeat.replace('"generationId":7', '"generationId":8')],
    ['a wrong string', heartbeat.replace('"groupId":"g"', '"groupId":"h"')],
    ['a field too many', heartbeat.replace('"memberId"', '"extra":1,"memberId"')],
    ['a field missing that is not at its default', heartbeat.replace('"generationId":7,', '')],
    ['a byte too many', heartbeat.replace('00016d"', '00016d00"')],
    ['a byte missing', heartbeat.replace('00016d"', '0001"')],
    ['another version', heartbeat.replace('"version":0', '"version":3')],
    ['a version that is not there', heartbeat.replace('"version":0', '"version":99')],
    ['another API key', heartbeat.replace('"apiKey":12', '"apiKey":13')],
    ['a string in place of a number', heartbeat.replace('"generationId":7', '"generationId":"7"')],
    ['null', heartbeat.replace('"memberId":"m"', '"memberId":null')],
    ['no JSON', heartbeat.slice(0, -1)],
    ['something else', '{}'],
  ])('with %s is a mismatch', (_, line) => {
    const tally = check(line)
    expect(tally.mismatches).toBe(1)
    expect(tally.shown).toHaveLength(1)
  })

  it('with an int64 that a double cannot hold is compared exactly', () => {
    const line =
      '{"message":"InitProducerIdResponse","apiKey":22,"version":0,"hex":"0000000000007ffffffffffffffe0000",' +
      '"json":{"throttleTimeMs":0,"errorCode":0,"producerId":9223372036854775806,"producerEpoch":0}}'
    expect(check(line).shown).toEqual([])
    expect(check(line.replace('5806,', '5807,')).mismatches).toBe(1)
  })

  it('of a message that is not generated is counted apart', () => {
    const line = '{"message":"VoteRequest","apiKey":52,"version":0,"hex":"00","json":{}}'
    expect(check(line).summary()).toBe('1 vectors, 1 of messages not generated, 0 mismatches')
  })

  it('that nobody visits is named', () => {
    expect(check(heartbeat).notVisited()).toContain('HeartbeatRequest v1')
    expect(check(heartbeat).notVisited()).not.toContain('HeartbeatRequest v0')
  })
})
