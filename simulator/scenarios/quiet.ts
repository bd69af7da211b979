import type { Scenario } from './scenario.ts'
import { standard } from './standard.ts'

/** The same without faults: what then goes wrong needs no explanation. */
export const quiet: Scenario = { ...standard, name: 'quiet', faults: {} }
