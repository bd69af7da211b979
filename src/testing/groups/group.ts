import type { ClassicGroup } from './classic-group.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'

/** A group of either protocol; `type` tells them apart. */
export type Group = ClassicGroup | ConsumerGroup
