import type { Scenario } from '../scenarios/scenario.ts'
import type { Chance } from '../world/chance.ts'
import type { Cast, Fault, FaultName } from './fault.ts'
import { faultKinds } from './index.ts'

/** Draws what goes wrong in a run, in the order of time. Nothing of it depends on what the run then does. */
export function drawSchedule(scenario: Scenario, chance: Chance, untilMs: number): Fault[] {
  const faults: Fault[] = []
  const cast = castOf(scenario)
  const [least, most] = scenario.faultEveryMs
  if (Object.keys(scenario.faults).length === 0) return faults
  // The first ones come while clients are still starting.
  for (let atMs = chance.int(0, most); atMs < untilMs; atMs += chance.int(least, most)) {
    const kind = chance.weighted(scenario.faults as Record<string, number>) as FaultName
    const fault = faultKinds[kind].draw(chance, atMs, cast)
    if (fault !== undefined) faults.push(fault)
  }
  return faults
}

/** Who is there at the beginning. */
export function castOf(scenario: Scenario): Cast {
  const clients = new Set<string>()
  for (let i = 1; i <= scenario.producers; i++) clients.add(`producer-${i}`)
  for (let i = 1; i <= scenario.consumers; i++) clients.add(`consumer-${i}`)
  return {
    brokers: Array.from({ length: scenario.brokers }, (_, index) => `broker-${index + 1}`),
    topics: Object.keys(scenario.topics),
    clients,
    made: { producer: scenario.producers, consumer: scenario.consumers, topic: 0 },
  }
}

/** A fault as a person reads it. */
export function describeFault({ kind, atMs: _, ...rest }: Fault): string {
  const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`)
  return [kind, ...details].join(', ')
}
