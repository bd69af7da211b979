/**
 * What validators of many makers have in common: the Standard Schema interface, version 1 (https://standardschema.dev).
 * It is meant to be declared anew by those who take validators, so that they need no package for it.
 *
 * @typeParam Input what the validator takes
 * @typeParam Output what it makes of that
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    /** The maker's name, as `zod`. */
    readonly vendor: string
    readonly validate: (value: unknown) => ValidationResult<Output> | Promise<ValidationResult<Output>>
    /** There for the compiler alone. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type ValidationResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly ValidationIssue[] }

export interface ValidationIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Whether this is a validator; ArkType's are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard = (value as { '~standard'?: { version?: unknown; validate?: unknown } })['~standard']
  return standard?.version === 1 && typeof standard.validate === 'function'
}

/** The issues as one line: `total: must be positive (and 2 more)`. */
export function describeIssues(issues: readonly ValidationIssue[]): string {
  const [first] = issues
  if (first === undefined) return 'the validator does not say why'
  const path = (first.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return `${path === '' ? '' : `${path}: `}${first.message}${more}`
}
