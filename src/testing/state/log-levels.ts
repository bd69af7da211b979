export const logLevels = ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const

/** The one logger that brokers have. */
export const rootLogger = 'root'

/**
 * The levels that brokers log at, as they can be set by BROKER_LOGGER resources (KIP-412). They are kept and told; what
 * the brokers here log goes to the `logger` of the options, whatever the level.
 */
export class LogLevels {
  readonly #byBroker = new Map<number, string>()

  of(brokerId: number): string {
    return this.#byBroker.get(brokerId) ?? 'INFO'
  }

  set(brokerId: number, level: string): void {
    this.#byBroker.set(brokerId, level)
  }
}
