/**
 * How many records of a batch are delivered at once; undefined: any number. A record that makes its consumers fail takes
 * its neighbours with it, so once half of the deliveries are used up fewer and fewer go out together, and each goes alone
 * the last time.
 *
 * @param batchCount the records of the whole batch
 * @param deliveryCount how often they were delivered so far
 */
export function recordsOfADelivery(
  batchCount: number,
  deliveryCount: number,
  deliveryCountLimit: number,
): number | undefined {
  const throttledFrom = Math.ceil(deliveryCountLimit / 2)
  if (deliveryCountLimit <= 2 || deliveryCount < throttledFrom) return undefined
  if (deliveryCount >= deliveryCountLimit - 1) return 1
  return Math.max(1, Math.floor(batchCount / 2 ** (deliveryCount - throttledFrom + 1)))
}
