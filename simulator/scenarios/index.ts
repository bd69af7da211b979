import { oneBroker } from './one-broker.ts'
import { quiet } from './quiet.ts'
import type { Scenario } from './scenario.ts'
import { standard } from './standard.ts'

/** All scenarios, by name. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [standard, oneBroker, quiet].map((scenario) => [scenario.name, scenario]),
)
