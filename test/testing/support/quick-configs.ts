/** What the harness's Kafka has, too, so that no scenario waits for ten seconds. */
export const quickConfigs = {
  'log.cleaner.backoff.ms': '100',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
}
