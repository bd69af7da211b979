import type { Scenario } from '../support/world.ts'
import { fetchScenarios } from './fetch.ts'
import { groupScenarios } from './groups.ts'
import { listOffsetsScenarios } from './list-offsets.ts'
import { produceScenarios } from './produce.ts'
import { topicScenarios } from './topics.ts'

export const scenarios: readonly Scenario[] = [
  ...produceScenarios,
  ...fetchScenarios,
  ...listOffsetsScenarios,
  ...groupScenarios,
  ...topicScenarios,
]
