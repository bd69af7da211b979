import { describe, expect, it } from 'vitest'
import { Coverage } from '../../simulator/coverage.ts'
import { unreached } from '../../simulator/expected.ts'
import { faultKinds } from '../../simulator/faults/index.ts'
import { scenarios } from '../../simulator/scenarios/index.ts'

describe('coverage', () => {
  it('counts faults, errors and lost answers', () => {
    const coverage = new Coverage()
    const request = {
      client: 'c',
      broker: 'b',
      connection: 1,
      api: 'Produce',
      version: 1,
      correlationId: 1,
      message: {},
    }
    coverage.count({ kind: 'fault', fault: { kind: 'reset', atMs: 1, client: 'c', broker: 'b' } })
    coverage.count({ kind: 'answered', request, response: {}, errors: ['NOT_LEADER_OR_FOLLOWER'] })
    coverage.count({ kind: 'disconnected', client: 'c', connection: 1, unanswered: [request, request] })
    expect(Object.fromEntries(coverage.counts)).toEqual({
      'fault: reset': 1,
      'answer: Produce NOT_LEADER_OR_FOLLOWER': 1,
      'no answer: Produce': 2,
    })
    coverage.take([['fault: reset', 5]])
    expect(coverage.counts.get('fault: reset')).toBe(6)
  })

  it('names what was not reached', () => {
    const coverage = new Coverage()
    const all = unreached(coverage, 'standard')
    expect(all).toContain('fault: cut')
    expect(all).toContain('consumer: lost')
    coverage.take(all.filter((point) => point !== 'consumer: lost').map((point) => [point, 1]))
    expect(unreached(coverage, 'standard')).toEqual(['consumer: lost'])
    expect(unreached(coverage, 'quiet')).toEqual([])
  })

  it('expects every kind of fault of the standard scenario', () => {
    expect(Object.keys(scenarios.get('standard')!.faults).sort()).toEqual(Object.keys(faultKinds).sort())
  })
})
