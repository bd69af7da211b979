/** The types that Kafka gives to configs, with their numbers in DescribeConfigs. */
export const configTypeCodes = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
} as const

export type ConfigType = keyof typeof configTypeCodes

/** One config: its Kafka name, its type, and the values that it takes. */
export interface ConfigDefinition {
  readonly name: string
  readonly type: ConfigType
  readonly defaultValue: string
  /** The smallest number, for the numeric types. */
  readonly least?: bigint
  /** The largest number; the type's own largest when left out. */
  readonly most?: bigint
  /** A number outside the range that is taken all the same. */
  readonly also?: bigint
  /** The words that a string or a list may hold; any when left out. */
  readonly values?: readonly string[]
}

const largest: Partial<Record<ConfigType, bigint>> = {
  short: 2n ** 15n - 1n,
  int: 2n ** 31n - 1n,
  long: 2n ** 63n - 1n,
}

/** What is wrong with a value, in a few words, or undefined when it may be taken. */
export function valueProblem(definition: ConfigDefinition, value: string): string | undefined {
  const text = value.trim()
  switch (definition.type) {
    case 'boolean':
      return /^(true|false)$/i.test(text) ? undefined : 'it must be true or false'
    case 'string':
      return wordProblem(definition, text)
    case 'list':
      return listWords(text)
        .map((word) => wordProblem(definition, word))
        .find((problem) => problem !== undefined)
    case 'double':
      return doubleProblem(definition, text)
    default:
      return integerProblem(definition, text)
  }
}

/** The words of a list, which commas part. */
export function listWords(value: string): string[] {
  return value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

function wordProblem({ values }: ConfigDefinition, word: string): string | undefined {
  return values === undefined || values.includes(word) ? undefined : `it must be one of ${values.join(', ')}`
}

function doubleProblem({ least, most }: ConfigDefinition, text: string): string | undefined {
  const number = text === '' ? Number.NaN : Number(text)
  if (Number.isNaN(number)) return 'it must be a number'
  if (least !== undefined && number < Number(least)) return `it must be ${least} or more`
  return most !== undefined && number > Number(most) ? `it must be ${most} or less` : undefined
}

function integerProblem({ type, least, most, also }: ConfigDefinition, text: string): string | undefined {
  if (!/^[+-]?\d+$/.test(text)) return 'it must be a whole number'
  const number = BigInt(text.replace('+', ''))
  if (number === also) return undefined
  const upper = most ?? largest[type]!
  if (least !== undefined && number < least) return `it must be ${least} or more`
  if (number < -upper - 1n || number > upper) return `it must be ${upper} or less`
  return undefined
}
