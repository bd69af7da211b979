/** JSON as text says it: numbers keep their digits, because an int64 does not survive being a double. */

export type ExactJson = null | boolean | string | ExactNumber | ExactJson[] | { [key: string]: ExactJson }

/** A number of the text, with its digits. No field of Kafka's is called `#`. */
export interface ExactNumber {
  '#': string
}

export function parseExactJson(text: string): ExactJson {
  // Strings are matched first, so that digits inside of them are left alone.
  const marked = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : `{"#":"${token}"}`,
  )
  return JSON.parse(marked) as ExactJson
}

export function isExactNumber(json: ExactJson | undefined): json is ExactNumber {
  return typeof json === 'object' && json !== null && '#' in json
}

/** The digits of a whole number. */
export function wholeDigits(json: ExactJson): string {
  if (!isExactNumber(json) || !/^-?\d+$/.test(json['#'])) {
    throw new Error(`${JSON.stringify(json)} is not a whole number`)
  }
  return json['#']
}
