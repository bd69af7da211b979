import type { Scenario } from '../scenario.ts'
import { batch } from './batch.ts'
import { codec } from './codec.ts'
import { compression } from './compression.ts'
import { consume } from './consume.ts'
import { packaging } from './package.ts'
import { produce } from './produce.ts'

export const scenarios: readonly Scenario[] = [codec, batch, compression, produce, consume, packaging]
