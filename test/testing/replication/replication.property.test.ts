/**
 * Brokers are killed, paused, cut off and brought back in any order while records are written. Whatever happens, a record
 * that was once committed stays, in its place, and when all is well again every replica has the same.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32c } from '../../../src/records/index.ts'
import * as at from '../../../src/records/layout.ts'
import { type Broker, startBroker } from '../../../src/testing/index.ts'
import { clusterOf } from '../../../src/testing/internals.ts'
import type { ValidBatch } from '../../../src/testing/log/validate-batch.ts'
import type { ClusterState } from '../../../src/testing/state/cluster-state.ts'
import { batch } from '../support/batches.ts'
import { SeededWorld } from '../support/seeded-world.ts'

const nodes = [1, 2, 3]
const template = await batch(['0'])

/** A batch of one record whose bytes nobody else has. */
function numbered(count: number): ValidBatch {
  const bytes = Buffer.from(template)
  bytes.writeInt32BE(count, at.BASE_SEQUENCE_AT)
  bytes.writeUInt32BE(crc32c(bytes, at.ATTRIBUTES_AT, bytes.length), at.CRC_AT)
  return { bytes, recordCount: 1, maxTimestamp: 0, producer: null, isTransactional: false }
}

type Step =
  | { do: 'write'; at: number; count: number }
  | { do: 'kill' | 'stop' | 'start' | 'pause' | 'resume' | 'isolate' | 'lead'; id: number }
  | { do: 'cut' | 'mend'; id: number; other: number }
  | { do: 'wait'; ms: number }

const id = fc.constantFrom(...nodes)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      at: id,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('kill', 'stop', 'start', 'start', 'pause', 'resume', 'isolate', 'lead'),
      id,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut', 'mend'), id, other: id }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 300 }) }),
  },
) as fc.Arbitrary<Step>

class Trial {
  readonly #world = new SeededWorld()
  /** The records that were committed at some time, by offset. */
  readonly #committed: string[] = []
  #broker!: Broker
  #cluster!: ClusterState
  #written = 0

  async run(steps: readonly Step[], minInsyncReplicas: number): Promise<void> {
    this.#broker = await startBroker({
      brokers: 3,
      runtime: this.#world,
      topics: { t: { partitions: 1, configs: { 'min.insync.replicas': String(minInsyncReplicas) } } },
      configs: { 'broker.session.timeout.ms': '100', 'replica.lag.time.max.ms': '150' },
      delays: { replicationMs: [0, 20], metadataMs: [0, 30] },
    })
    this.#cluster = clusterOf(this.#broker)
    await this.#world.advance(100)
    for (const each of steps) {
      await this.#take(each)
      await this.#world.settle()
      this.#look()
    }
    await this.#heal()
    this.#compare()
    await this.#end(this.#broker.close())
  }

  async #take(step: Step): Promise<void> {
    switch (step.do) {
      case 'write':
        return this.#write(step.at, step.count)
      case 'wait':
        return this.#world.advance(step.ms)
      case 'cut':
        return this.#broker.cut(step.id, step.other === step.id ? 'controller' : step.other)
      case 'mend':
        return this.#broker.heal(step.id, step.other === step.id ? 'controller' : step.other)
      case 'isolate':
        for (const other of [...nodes, 'controller'] as const) this.#broker.cut(step.id, other)
        return
      case 'lead':
        try {
          this.#broker.moveLeader('t', 0, step.id)
        } catch {
          // It is not in sync, or not alive.
        }
        return
    }
    const node = this.#broker.node(step.id)
    if (step.do === 'start' && node.state === 'stopped') await this.#end(node.start())
    else if (step.do === 'resume' && node.state === 'paused') node.resume()
    else if (step.do === 'pause' && node.state === 'running') node.pause()
    else if ((step.do === 'kill' || step.do === 'stop') && node.state === 'running')
      await this.#end(node[step.do]())
  }

  /** To whoever takes itself for the leader, as a client would that knows no better. */
  #write(id: number, count: number): void {
    const process = this.#cluster.process(id)!
    const partition = process.view.topics.byName('t')?.partitions[0]
    if (!process.isResponsive || partition?.replica?.role !== 'leader' || partition.leaderId !== id) return
    for (let index = 0; index < count; index++) {
      const record = numbered(this.#written++)
      partition.log.reserve(record.bytes.length)
      partition.log.append(record, partition.leaderEpoch)
    }
    process.replicas.appended(partition)
  }

  /** Whatever a leader has committed is written down, and is the same whoever says so. */
  #look(): void {
    for (const { view, isResponsive } of this.#cluster.processes()) {
      const replica = view.topics.byName('t')?.partitions[0].replica
      if (!isResponsive || replica === undefined) continue
      const records = [...replica.log.batches()].map(({ bytes }) => content(bytes))
      for (let offset = 0; offset < replica.highWatermark; offset++) {
        this.#committed[offset] ??= records[offset]
        expect(records[offset], `offset ${offset}`).toBe(this.#committed[offset])
      }
    }
  }

  async #heal(): Promise<void> {
    this.#broker.heal()
    for (const { id, state } of this.#broker.nodes) {
      if (state === 'paused') this.#broker.node(id).resume()
      if (state === 'stopped') await this.#end(this.#broker.node(id).start())
    }
    await this.#world.advance(1000)
  }

  #compare(): void {
    const { leader, highWatermark, isr, endOffsets } = this.#broker.partition('t', 0)
    expect(nodes).toContain(leader)
    expect(isr.toSorted()).toEqual(nodes)
    expect(highWatermark).toBeGreaterThanOrEqual(this.#committed.length)
    expect([...endOffsets.values()]).toEqual(nodes.map(() => highWatermark))
    this.#look()
  }

  /** Waits for something that takes virtual time, but not much. */
  async #end(promise: Promise<void>): Promise<void> {
    let isOver = false
    promise.then(() => {
      isOver = true
    })
    while (!isOver) await this.#world.turn()
  }
}

function content(bytes: Buffer): string {
  return bytes.subarray(at.CRC_AT).toString('hex')
}

test('what was committed stays, and replicas agree in the end', { timeout: 120_000 }, async () => {
  const steps = fc.array(step, { minLength: 5, maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), (all, minInsyncReplicas) =>
      new Trial().run(all, minInsyncReplicas),
    ),
    { numRuns: 60 },
  )
})
