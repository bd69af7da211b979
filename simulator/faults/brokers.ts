import type { Chance } from '../world/chance.ts'
import type { Cast, FaultKind } from './fault.ts'

/** The partitions that every topic has from the start. */
const partitionsOfAll = 2

function drawNode(chance: Chance, cast: Cast): number {
  return chance.int(1, cast.brokers.length)
}

/** Shorter and longer than the time after which the cluster misses a broker. */
function drawAbsence(chance: Chance): number {
  return chance.pick([chance.int(100, 1_500), chance.int(1_500, 10_000)])
}

/** A broker ends from one moment to the next, and comes back with its records. */
export const killBroker: FaultKind<'kill-broker'> = {
  kind: 'kill-broker',
  draw: (chance, atMs, cast) => {
    return { kind: 'kill-broker', atMs, node: drawNode(chance, cast), forMs: drawAbsence(chance) }
  },
  apply({ node, forMs }, stage) {
    stage.takeDown(node, 'kill', forMs)
  },
}

/** A broker ends in peace, after others lead its partitions, and comes back. */
export const stopBroker: FaultKind<'stop-broker'> = {
  kind: 'stop-broker',
  draw: (chance, atMs, cast) => {
    return { kind: 'stop-broker', atMs, node: drawNode(chance, cast), forMs: drawAbsence(chance) }
  },
  apply({ node, forMs }, stage) {
    stage.takeDown(node, 'stop', forMs)
  },
}

/** A broker stands still with its connections open, and goes on. */
export const pauseBroker: FaultKind<'pause-broker'> = {
  kind: 'pause-broker',
  draw: (chance, atMs, cast) => {
    return { kind: 'pause-broker', atMs, node: drawNode(chance, cast), forMs: drawAbsence(chance) }
  },
  apply({ node, forMs }, stage) {
    stage.takeDown(node, 'pause', forMs)
  },
}

/** A broker does not hear another one, or the controller; clients reach both. */
export const cutBrokers: FaultKind<'cut-brokers'> = {
  kind: 'cut-brokers',
  draw(chance, atMs, cast) {
    const node = drawNode(chance, cast)
    const other = chance.int(0, cast.brokers.length)
    const forMs = drawAbsence(chance)
    return node === other ? undefined : { kind: 'cut-brokers', atMs, node, other, forMs }
  },
  apply({ node, other, forMs }, stage) {
    stage.cutBrokers(node, other, forMs)
  },
}

/** Another broker leads a partition. */
export const moveLeader: FaultKind<'move-leader'> = {
  kind: 'move-leader',
  draw(chance, atMs, cast) {
    const partition = chance.int(0, partitionsOfAll - 1)
    return {
      kind: 'move-leader',
      atMs,
      node: drawNode(chance, cast),
      topic: chance.pick(cast.topics),
      partition,
    }
  },
  apply({ topic, partition, node }, stage) {
    stage.onCluster((cluster) => cluster.moveLeader(topic, partition, node))
  },
}

/** Another broker looks after the group. */
export const moveCoordinator: FaultKind<'move-coordinator'> = {
  kind: 'move-coordinator',
  draw: (chance, atMs, cast) => ({ kind: 'move-coordinator', atMs, node: drawNode(chance, cast) }),
  apply({ node }, stage) {
    stage.onCluster((cluster) => cluster.moveCoordinator(stage.group, node))
  },
}
