import { ConfigurationError } from '../errors.ts'

/** Milliseconds, or a number with its unit: `'200ms'`, `'30s'`, `'2m'`, `'1.5h'`, `'7d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const unitsMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * A duration in milliseconds. `what` names it in the error, as `delay`.
 *
 * @throws ConfigurationError for what is no duration, and for one that is less than nothing unless `signed`
 */
export function durationMs(duration: Duration, what: string, signed = false): number {
  const ms = typeof duration === 'string' ? parse(duration) : duration
  if (typeof ms === 'number' && Number.isFinite(ms) && (signed || ms >= 0)) return ms
  const given = typeof duration === 'string' ? `'${duration}'` : String(duration)
  const kinds = "a number of milliseconds or text as '200ms', '30s', '2m', '1h' or '7d'"
  throw new ConfigurationError(`${what} must be ${kinds}${signed ? '' : ', not below 0'}; not ${given}`)
}

function parse(text: string): number {
  const [, amount, unit] = /^([+-]?\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  return amount === undefined ? Number.NaN : Number(amount) * unitsMs[unit]
}
