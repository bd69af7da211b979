import { kafka2_8 } from './kafka-2.8.ts'
import { kafka3_3 } from './kafka-3.3.ts'
import { kafka3_9 } from './kafka-3.9.ts'
import { kafka4_3 } from './kafka-4.3.ts'
import type { Release } from './release.ts'

/** The releases that the broker can be like, by the first two numbers of their version, oldest first. */
export const releases = {
  '2.8': kafka2_8,
  '3.3': kafka3_3,
  '3.9': kafka3_9,
  '4.3': kafka4_3,
} as const satisfies Readonly<Record<string, Release>>

export type ReleaseName = keyof typeof releases

export const releaseNames = Object.keys(releases) as ReleaseName[]

/** What the handlers follow where releases do not differ. */
export const newestRelease: ReleaseName = '4.3'
