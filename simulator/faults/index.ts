import { cutBrokers, killBroker, moveCoordinator, moveLeader, pauseBroker, stopBroker } from './brokers.ts'
import { clientComes, clientDies, clientGoes } from './clients.ts'
import { clockJump } from './clock-jump.ts'
import { cut } from './cut.ts'
import type { Fault, FaultKind, FaultName } from './fault.ts'
import { halfOpen } from './half-open.ts'
import { pauseClient } from './pause-client.ts'
import { refuse } from './refuse.ts'
import { reset } from './reset.ts'
import { slowHandler } from './slow-handler.ts'
import { slowLink } from './slow-link.ts'
import { addPartitions, makeTopic } from './topics.ts'
import { trickle } from './trickle.ts'

/** All kinds of faults. */
export const faultKinds: { readonly [K in FaultName]: FaultKind<K> } = {
  'add-partitions': addPartitions,
  'client-comes': clientComes,
  'client-dies': clientDies,
  'client-goes': clientGoes,
  'clock-jump': clockJump,
  cut,
  'cut-brokers': cutBrokers,
  'half-open': halfOpen,
  'kill-broker': killBroker,
  'make-topic': makeTopic,
  'move-coordinator': moveCoordinator,
  'move-leader': moveLeader,
  'pause-broker': pauseBroker,
  'pause-client': pauseClient,
  refuse,
  reset,
  'slow-handler': slowHandler,
  'slow-link': slowLink,
  'stop-broker': stopBroker,
  trickle,
}

export function faultKind(fault: Fault): FaultKind {
  return faultKinds[fault.kind] as FaultKind
}
