import type { Scenario } from '../support/world.ts'
import { beginningScenarios } from './transactions/beginning.ts'
import { cornerScenarios } from './transactions/corners.ts'
import { endingScenarios } from './transactions/ending.ts'
import { offsetScenarios } from './transactions/offsets.ts'
import { recordScenarios } from './transactions/records.ts'
import { visibilityScenarios } from './transactions/visibility.ts'

export const transactionScenarios: readonly Scenario[] = [
  ...beginningScenarios,
  ...endingScenarios,
  ...recordScenarios,
  ...visibilityScenarios,
  ...offsetScenarios,
  ...cornerScenarios,
]
