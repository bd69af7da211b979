import type { Runtime, Timer } from '../../runtime/runtime.ts'
import type { BrokerSettings } from '../state/broker-configs.ts'
import { type MarkerPorts, type MarkerSender, MarkerWriter } from './marker-writer.ts'
import { TransactionCoordinator } from './transaction-coordinator.ts'

export interface TransactionServicePorts extends Omit<MarkerPorts, 'timers' | 'nowMs'> {
  readonly settings: BrokerSettings
  nextProducerId(): bigint
}

/** The coordinator of transactions with what it needs: who writes its markers, and the clock that its timeouts go by. */
export class TransactionService {
  readonly coordinator: TransactionCoordinator
  readonly #markers: MarkerWriter
  readonly #runtime: Runtime
  readonly #intervalMs: number
  readonly #senderOf: (transactionalId: string) => MarkerSender | undefined
  #timer: Timer

  constructor(runtime: Runtime, ports: TransactionServicePorts) {
    this.#runtime = runtime
    this.#intervalMs = ports.settings.transactionTimeoutCheckIntervalMs
    this.#senderOf = ports.coordinatorOf
    const nowMs = () => runtime.clock.now()
    this.#markers = new MarkerWriter({ ...ports, timers: runtime.timers, nowMs })
    this.coordinator = new TransactionCoordinator({
      settings: ports.settings,
      nowMs,
      nextProducerId: () => ports.nextProducerId(),
      writeMarkers: (transaction) => this.#markers.write(transaction),
    })
    this.#timer = this.#later()
  }

  /** The broker that looks after a transactional id; undefined while none does. */
  senderOf(transactionalId: string): MarkerSender | undefined {
    return this.#senderOf(transactionalId)
  }

  stop(): void {
    this.#timer.cancel()
    this.#markers.stop()
  }

  #later(): Timer {
    return this.#runtime.timers.after(this.#intervalMs, () => {
      this.coordinator.abortTimedOut()
      this.coordinator.expire()
      this.#timer = this.#later()
    })
  }
}
