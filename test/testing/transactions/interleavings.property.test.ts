import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrorCodes } from '../../../src/protocol/error-codes.ts'
import { BatchBuilder } from '../../../src/records/index.ts'
import { silentLogger } from '../../../src/runtime/silent-logger.ts'
import { appendBatch } from '../../../src/testing/log/append-batch.ts'
import { StorageBudget } from '../../../src/testing/log/storage-budget.ts'
import { storedBatch } from '../../../src/testing/log/stored-header.ts'
import { Replica } from '../../../src/testing/replication/replica.ts'
import { BrokerConfigs } from '../../../src/testing/state/broker-configs.ts'
import type { Partition } from '../../../src/testing/state/partition.ts'
import { firstRegistration } from '../../../src/testing/state/registration.ts'
import { Topics } from '../../../src/testing/state/topics.ts'
import { MarkerWriter } from '../../../src/testing/transactions/marker-writer.ts'
import type { Transaction } from '../../../src/testing/transactions/transaction.ts'
import { TransactionCoordinator } from '../../../src/testing/transactions/transaction-coordinator.ts'
import { SeededWorld } from '../support/seeded-world.ts'

const partitionCount = 3

const command = fc.record({
  act: fc.constantFrom(
    'begin anew',
    'go on',
    'write',
    'write',
    'write',
    'commit',
    'commit 2',
    'abort',
    'abort 2',
    'repeat the end',
    'lose or find a leader',
    'hold back or release followers',
    'lose or find the coordinator',
    'wait a little',
    'wait for long',
  ),
  producer: fc.nat(1),
  partition: fc.nat(partitionCount - 1),
})

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

/** The end of a transaction as it was decided. */
interface Decision {
  readonly type: 'commit' | 'abort'
  readonly producerId: bigint
  readonly epoch: number
  readonly partitions: readonly number[]
}

interface Producer {
  readonly transactionalId: string
  producerId: bigint
  producerEpoch: number
  sequences: number[]
  lastEnd: (() => void) | undefined
}

/** Two producers, three partitions, and a world in which leaders, followers and the coordinator come and go. */
class Play {
  readonly world = new SeededWorld()
  readonly partitions: Partition[]
  readonly decisions: Decision[] = []
  readonly coordinator: TransactionCoordinator
  readonly #producers: Producer[] = ['a', 'b'].map((transactionalId) => ({
    transactionalId,
    producerId: -1n,
    producerEpoch: -1,
    sequences: [],
    lastEnd: undefined,
  }))
  readonly #leaderless = new Set<number>()
  readonly #heldBack = new Set<number>()
  #isCoordinatorLost = false
  #lastProducerId = 0n

  constructor() {
    const registrations = Array.from({ length: partitionCount }, () => firstRegistration([1]))
    const topics = new Topics(new BrokerConfigs())
    this.partitions = topics.put({ name: 't', id: 'id', configs: new Map(), partitions: registrations })
    for (const partition of this.partitions) {
      partition.replica = new Replica(new StorageBudget(1e8))
      partition.replica.lead(0, [], 0)
    }
    const nowMs = () => this.world.clock.now()
    const markers = new MarkerWriter({
      timers: this.world.timers,
      nowMs,
      coordinatorOf: () => (this.#isCoordinatorLost ? undefined : { nodeId: 1, coordinatorEpoch: 0 }),
      leaderOf: ({ partition }) => (this.#leaderless.has(partition) ? undefined : this.partitions[partition]),
      appended: (partition) => this.#replicate(partition.index),
      endOffsets: () => true,
    })
    this.coordinator = new TransactionCoordinator({
      settings: { transactionMaxTimeoutMs: 900_000, transactionalIdExpirationMs: 1e9 },
      nowMs,
      nextProducerId: () => ++this.#lastProducerId,
      writeMarkers: (transaction) => {
        this.#note(transaction)
        markers.write(transaction)
      },
    })
  }

  #note({ state, producerId, producerEpoch: epoch, participants }: Transaction): void {
    const partitions = [...participants.partitions()].map(({ partition }) => partition)
    this.decisions.push({
      type: state === 'PrepareCommit' ? 'commit' : 'abort',
      producerId,
      epoch,
      partitions,
    })
  }

  #replicate(index: number): void {
    const { replica } = this.partitions[index]
    if (!this.#heldBack.has(index)) replica!.highWatermark = replica!.log.endOffset
  }

  async do({ act, producer: number, partition }: Command): Promise<void> {
    const producer = this.#producers[number]
    if (act === 'begin anew') this.#init(producer, { producerId: -1n, producerEpoch: -1 })
    else if (act === 'go on') this.#init(producer, producer)
    else if (act === 'write') this.#write(producer, partition)
    else if (act === 'repeat the end') producer.lastEnd?.()
    else if (act === 'lose or find a leader') toggle(this.#leaderless, partition)
    else if (act === 'lose or find the coordinator') this.#isCoordinatorLost = !this.#isCoordinatorLost
    else if (act === 'wait a little') await this.world.advance(25)
    else if (act === 'wait for long') await this.#waitForTimeouts()
    else if (act === 'hold back or release followers') {
      toggle(this.#heldBack, partition)
      this.#replicate(partition)
    } else this.#end(producer, act.startsWith('commit'), act.endsWith('2'))
  }

  async #waitForTimeouts(): Promise<void> {
    await this.world.advance(5000)
    this.coordinator.abortTimedOut()
  }

  #init(
    producer: Producer,
    { producerId, producerEpoch }: Pick<Producer, 'producerId' | 'producerEpoch'>,
  ): void {
    const { transactionalId } = producer
    const before = this.coordinator.get(transactionalId)?.producerEpoch ?? -1
    const request = { transactionalId, transactionTimeoutMs: 3000, producerId, producerEpoch }
    const answer = this.coordinator.init(request)
    if (answer.errorCode !== ErrorCodes.NONE) return
    expect(answer.producerEpoch).toBeGreaterThanOrEqual(before)
    Object.assign(producer, {
      producerId: answer.producerId,
      producerEpoch: answer.producerEpoch,
      sequences: [],
    })
  }

  #write(producer: Producer, index: number): void {
    const partition = this.partitions[index]
    if (this.#leaderless.has(index)) return
    if (this.coordinator.addPartitions(producer, [{ topic: 't', partition: index }]) !== ErrorCodes.NONE)
      return
    const baseSequence = producer.sequences[index] ?? 0
    const { producerId, producerEpoch } = producer
    const builder = new BatchBuilder(Buffer.alloc(200))
    builder.append(1000, null, 'x', null)
    const bytes = Buffer.concat(
      builder.close({ producerId, producerEpoch, baseSequence, transactional: true }),
    )
    const batch = { producerId, epoch: producerEpoch, baseSequence, recordCount: 1, isTransactional: true }
    const valid = { bytes, recordCount: 1, maxTimestamp: 1000, producer: batch, isTransactional: true }
    const { errorCode } = appendBatch(partition, valid, 0, silentLogger)
    expect(errorCode).toBe(ErrorCodes.NONE)
    producer.sequences[index] = baseSequence + 1
    this.#replicate(index)
  }

  #end(producer: Producer, isCommit: boolean, isVersion2: boolean): void {
    const claim = { ...producer }
    const isOpen = this.coordinator.get(claim.transactionalId)?.state === 'Ongoing'
    const count = this.decisions.length
    const answer = this.coordinator.end(claim, isCommit, isVersion2)
    if (answer.errorCode !== ErrorCodes.NONE) return
    if (isOpen) expect(this.decisions.slice(count)).toMatchObject([{ type: isCommit ? 'commit' : 'abort' }])
    producer.lastEnd = () => {
      const before = this.decisions.length
      const { errorCode } = this.coordinator.end(claim, isCommit, isVersion2)
      const isNew = this.decisions.length > before
      // In version 1 a retry cannot be told from the end of the next transaction.
      if (isVersion2) expect(isNew).toBe(false)
      if (isNew) expect(errorCode).toBe(ErrorCodes.NONE)
    }
    if (!isVersion2) return
    producer.producerEpoch = answer.producerEpoch
    producer.sequences = []
  }

  /** Everything is well again, and time goes by. */
  async settle(): Promise<void> {
    this.#leaderless.clear()
    this.#heldBack.clear()
    this.#isCoordinatorLost = false
    for (const { index } of this.partitions) this.#replicate(index)
    await this.world.advance(100)
    await this.#waitForTimeouts()
    await this.world.advance(100)
  }
}

function toggle(set: Set<number>, one: number): void {
  if (!set.delete(one)) set.add(one)
}

test('every partition of a transaction gets exactly one marker, that of its end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 60, size: 'max' }), async (commands) => {
      const play = new Play()
      for (const one of commands) await play.do(one)
      await play.settle()
      for (const { state } of play.coordinator) expect(state).toMatch(/Empty|Complete/)
      for (const { index, log } of play.partitions) {
        const written = [...log.batches()].flatMap(({ bytes }) => storedBatch(bytes).marker ?? [])
        const decided = play.decisions.filter(({ partitions }) => partitions.includes(index))
        const plain = (markers: readonly { producerId: bigint; epoch: number; type: string }[]) =>
          markers.map(({ producerId, epoch, type }) => `${producerId}/${epoch}: ${type}`).sort()
        expect(plain(written)).toEqual(plain(decided))
        expect(log.lastStableOffset(log.endOffset)).toBe(log.endOffset)
      }
    }),
    { numRuns: 150 },
  )
})
