import { describe, expect, it } from 'vitest'
import type { Fact } from '../../simulator/facts.ts'
import { History } from '../../simulator/history.ts'
import { invariants } from '../../simulator/invariants/index.ts'
import type { WireRequest } from '../../simulator/world/wire-tap.ts'

/** A fact, or a time in milliseconds that has come. */
type Step = Fact | number

const producer = 'producer-1'
const consumer = 'consumer-1'
const group = 'group-a'
const limits = { maxInFlightRequests: 1, bufferMemoryBytes: 1, sessionTimeoutMs: 6_000 }
const place = { topic: 'orders', partition: 0 }

const sent = (id: string, ordered = true, once = false): Fact => ({
  kind: 'sent',
  producer,
  id,
  topic: 'orders',
  bytes: 1,
  ordered,
  once,
})
const acknowledged = (id: string, offset: bigint, acks: -1 | 0 | 1 = -1): Fact => {
  return { kind: 'acknowledged', producer, id, acks, ...place, offset }
}
const refused = (id: string, mayBeWritten: boolean, ours = true): Fact => {
  return { kind: 'refused', producer, id, topic: 'orders', code: 'TIMEOUT', mayBeWritten, ours }
}
const stored = (id: string, offset: bigint, intact = true): Fact => ({
  kind: 'stored',
  ...place,
  offset,
  id,
  intact,
})
const assigned = (who = consumer): Fact => ({ kind: 'assigned', consumer: who, group, partitions: [place] })
const revoked = (who = consumer): Fact => ({
  kind: 'revoked',
  consumer: who,
  group,
  partitions: [place],
  lost: false,
})
const handed = (offset: bigint, who = consumer, id = `producer-1:${offset}`): Fact => {
  return { kind: 'handed', consumer: who, group, ...place, offset, id }
}
const processed = (offset: bigint): Fact => ({ ...handed(offset), kind: 'processed' }) as Fact
const committed = (offset: bigint, generation = 1): Fact => {
  return { kind: 'committed', group, client: consumer, memberId: 'm', generation, ...place, offset }
}
const joined = (generation: number): Fact => ({
  kind: 'joined',
  group,
  client: consumer,
  memberId: 'm',
  generation,
})
const request = (api: string, client = producer, message: unknown = { acks: -1 }): WireRequest => {
  return { client, broker: 'broker-1', connection: 1, api, version: 1, correlationId: 1, message }
}
const requested = (api: string, client?: string): Fact => ({
  kind: 'requested',
  request: request(api, client),
})
const arrived = (api: string, client?: string): Fact => ({
  kind: 'arrived',
  request: request(api, client),
  errors: [],
})
const called: Fact = { kind: 'called', call: 1, client: producer, what: 'send' }
const settled: Fact = { kind: 'settled', call: 1, client: producer }
const died = (client: string): Fact => ({ kind: 'client-died', client })
const lostProduce: Fact = {
  kind: 'disconnected',
  client: producer,
  connection: 1,
  unanswered: [request('Produce')],
}

const storedTwo = [stored('producer-1:1', 0n), stored('producer-1:2', 1n)]
const storedTwoReversed = [stored('producer-1:2', 0n), stored('producer-1:1', 1n)]

interface Case {
  /** What goes well, and nothing objects. */
  holds: readonly Step[][]
  /** What is objected to, by this invariant alone or with others. */
  broken: readonly Step[][]
}

const cases: Readonly<Record<string, Case>> = {
  'acknowledged-is-in-the-log': {
    holds: [
      [sent('producer-1:1'), acknowledged('producer-1:1', 0n), stored('producer-1:1', 0n)],
      [sent('producer-1:1'), acknowledged('producer-1:1', -1n, 0)],
    ],
    broken: [
      [sent('producer-1:1'), acknowledged('producer-1:1', 0n)],
      [
        sent('producer-1:1'),
        sent('producer-1:2'),
        acknowledged('producer-1:1', 0n),
        stored('producer-1:2', 0n),
      ],
      [sent('producer-1:1'), acknowledged('producer-1:1', 0n, 1)],
    ],
  },
  'committed-was-processed': {
    holds: [[committed(0n), processed(0n), processed(1n), committed(2n)]],
    broken: [[committed(1n)], [processed(1n), committed(2n)], [processed(0n), committed(2n)]],
  },
  'drains-in-time': {
    holds: [[sent('producer-1:1')], [{ kind: 'calm', withinMs: 1 }, { kind: 'drained' }]],
    broken: [[{ kind: 'calm', withinMs: 1 }]],
  },
  'everything-is-processed': {
    holds: [
      [
        sent('producer-1:0'),
        assigned(),
        handed(0n),
        processed(0n),
        { kind: 'drained' },
        stored('producer-1:0', 0n),
      ],
    ],
    broken: [[sent('producer-1:0'), assigned(), { kind: 'drained' }, stored('producer-1:0', 0n)]],
  },
  'handed-in-order': {
    holds: [[assigned(), handed(4n), handed(5n), revoked(), assigned(), handed(5n)]],
    broken: [
      [assigned(), handed(4n), handed(6n)],
      [assigned(), handed(4n), handed(4n)],
      [assigned(), handed(4n), handed(3n)],
      [assigned(), handed(4n), revoked(), handed(5n)],
    ],
  },
  'handed-is-the-log': {
    holds: [[sent('producer-1:0'), assigned(), handed(0n), stored('producer-1:0', 0n)]],
    broken: [
      [sent('producer-1:7'), assigned(), handed(0n), stored('producer-1:7', 0n)],
      [assigned(), handed(0n), assigned('consumer-2'), handed(0n, 'consumer-2', 'producer-1:7')],
    ],
  },
  'limits-hold': {
    holds: [
      [
        { kind: 'client-opened', client: producer, limits },
        requested('Produce'),
        arrived('Produce'),
        requested('Produce'),
      ],
      [
        { kind: 'client-opened', client: producer, limits },
        requested('Produce'),
        lostProduce,
        requested('Produce'),
      ],
      [{ kind: 'vitals', client: producer, timers: 10, sockets: 5 }],
    ],
    broken: [
      [{ kind: 'client-opened', client: producer, limits }, requested('Produce'), requested('Produce')],
      Array.from({ length: 5 }, () => requested('Fetch', consumer)),
      [{ kind: 'vitals', client: producer, timers: 1_000, sockets: 5 }],
      [{ kind: 'vitals', client: producer, timers: 1, sockets: 50 }],
    ],
  },
  'no-duplicate-without-cause': {
    holds: [
      [sent('producer-1:1'), stored('producer-1:1', 0n)],
      [sent('producer-1:1'), lostProduce, stored('producer-1:1', 0n), stored('producer-1:1', 1n)],
    ],
    broken: [[sent('producer-1:1'), stored('producer-1:1', 0n), stored('producer-1:1', 1n)]],
  },
  'nothing-is-left': {
    holds: [[{ kind: 'client-closed', client: producer, timers: 0, sockets: 0 }]],
    broken: [
      [{ kind: 'client-closed', client: producer, timers: 1, sockets: 0 }],
      [{ kind: 'client-closed', client: producer, timers: 0, sockets: 1 }],
    ],
  },
  'nothing-is-uncaught': {
    holds: [[{ kind: 'trouble', client: consumer, code: 'TIMEOUT', thrown: true }]],
    broken: [[{ kind: 'uncaught', message: 'Error: oh' }]],
  },
  'one-owner': {
    holds: [
      [assigned(), handed(0n), revoked(), assigned('consumer-2'), handed(0n, 'consumer-2')],
      // It may not know yet.
      [
        opened(consumer),
        assigned(),
        arrived('Heartbeat', consumer),
        assigned('consumer-2'),
        5_000,
        handed(0n),
      ],
      [opened(consumer), assigned(), died(consumer), assigned('consumer-2'), handed(0n, 'consumer-2')],
      [
        opened(consumer),
        assigned(),
        { kind: 'fault', fault: { kind: 'pause-client', atMs: 0, client: consumer, forMs: 30_000 } },
        assigned('consumer-2'),
        30_001,
        handed(0n),
      ],
    ],
    broken: [
      [
        opened(consumer),
        assigned(),
        arrived('Heartbeat', consumer),
        assigned('consumer-2'),
        9_000,
        handed(0n),
      ],
      [opened(consumer), assigned(), assigned('consumer-2'), handed(0n)],
      [joined(1), { ...joined(1), client: 'consumer-2' } as Fact, assigned(), assigned('consumer-2')],
    ],
  },
  'only-what-was-sent': {
    holds: [[sent('producer-1:1'), stored('producer-1:1', 0n)]],
    broken: [
      [stored('producer-1:1', 0n)],
      [sent('producer-1:1'), stored('producer-1:1', 0n, false)],
      [{ ...(sent('producer-1:1') as object), topic: 'events' } as Fact, stored('producer-1:1', 0n)],
    ],
  },
  'order-of-a-producer': {
    holds: [
      [sent('producer-1:1'), sent('producer-1:2'), acks(1, 0n), acks(2, 1n), ...storedTwo],
      // With more than one request on the way a batch that failed may come late.
      [
        sent('producer-1:1', false),
        sent('producer-1:2', false),
        lostProduce,
        acks(2, 0n),
        acks(1, 1n),
        ...storedTwoReversed,
      ],
    ],
    broken: [
      [
        sent('producer-1:1'),
        sent('producer-1:2'),
        lostProduce,
        acks(2, 0n),
        acks(1, 1n),
        ...storedTwoReversed,
      ],
      [
        sent('producer-1:1', false),
        sent('producer-1:2', false),
        acks(2, 0n),
        acks(1, 1n),
        ...storedTwoReversed,
      ],
    ],
  },
  'promises-settle': {
    holds: [
      [called, settled],
      [called, died(producer)],
    ],
    broken: [[called], [called, died(consumer)], [called, settled, settled]],
  },
  'refused-is-not-written': {
    holds: [
      [sent('producer-1:1'), refused('producer-1:1', false)],
      [sent('producer-1:1'), refused('producer-1:1', true), stored('producer-1:1', 0n)],
    ],
    broken: [
      [sent('producer-1:1'), refused('producer-1:1', false), stored('producer-1:1', 0n)],
      [sent('producer-1:1'), refused('producer-1:1', true, false)],
    ],
  },
  'written-once': {
    holds: [
      [sent('producer-1:1', true, true), lostProduce, stored('producer-1:1', 0n)],
      [sent('producer-1:1'), lostProduce, stored('producer-1:1', 0n), stored('producer-1:1', 1n)],
    ],
    broken: [
      [sent('producer-1:1', true, true), lostProduce, stored('producer-1:1', 0n), stored('producer-1:1', 1n)],
    ],
  },
  'works-again': {
    holds: [
      [sent('producer-1:1'), refused('producer-1:1', false)],
      [sent('producer-1:1'), { kind: 'probed', id: 'producer-1:1' }, acks(1, 0n), stored('producer-1:1', 0n)],
    ],
    broken: [[sent('producer-1:1'), { kind: 'probed', id: 'producer-1:1' }, refused('producer-1:1', false)]],
  },
  'stale-members-are-refused': {
    holds: [
      [joined(1), committed(0n, 1), joined(2), 1, committed(0n, 2)],
      [joined(2), 0.5, committed(0n, 1)],
    ],
    broken: [
      [joined(2), 2, committed(0n, 1)],
      [joined(2), 2, { kind: 'heard', group, client: consumer, memberId: 'm', generation: 1 }],
    ],
  },
}

function opened(client: string): Fact {
  return { kind: 'client-opened', client, limits }
}

function acks(number: number, offset: bigint): Fact {
  return acknowledged(`producer-1:${number}`, offset)
}

/** The names of the invariants that object. */
function objections(steps: readonly Step[]): Set<string> {
  let nowMs = 0
  const history = new History(invariants, () => ({ step: 0, nowMs }))
  for (const step of steps) {
    if (typeof step === 'number') nowMs = step
    else history.add(step)
  }
  history.end()
  return new Set(history.violations.map(({ invariant }) => invariant))
}

describe.each(invariants.map(({ name }) => name))('%s', (name) => {
  it('holds while nothing is wrong', () => {
    expect(cases[name].holds.length).toBeGreaterThan(0)
    for (const steps of cases[name].holds) expect([...objections(steps)]).toEqual([])
  })

  it('objects', () => {
    expect(cases[name].broken.length).toBeGreaterThan(0)
    for (const steps of cases[name].broken) expect([...objections(steps)]).toContain(name)
  })
})
