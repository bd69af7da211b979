export type CharacterTest = (character: string) => boolean

const isDigit: CharacterTest = (c) => c >= '0' && c <= '9'
const isLower: CharacterTest = (c) => c >= 'a' && c <= 'z'
const isUpper: CharacterTest = (c) => c >= 'A' && c <= 'Z'
const isLetter: CharacterTest = (c) => isLower(c) || isUpper(c)
const isWord: CharacterTest = (c) => isLetter(c) || isDigit(c) || c === '_'
const isSpace: CharacterTest = (c) => c === ' ' || (c >= '\t' && c <= '\r' && c !== '\v')
const isGraph: CharacterTest = (c) => c > ' ' && c <= '~'

export const not =
  (test: CharacterTest): CharacterTest =>
  (c) =>
    !test(c)

/** `\d` and its like, by their letters. */
export const perlClasses: ReadonlyMap<string, CharacterTest> = new Map([
  ['d', isDigit],
  ['D', not(isDigit)],
  ['s', isSpace],
  ['S', not(isSpace)],
  ['w', isWord],
  ['W', not(isWord)],
])

/** `[[:alpha:]]` and its like. */
export const posixClasses: ReadonlyMap<string, CharacterTest> = new Map([
  ['alnum', (c) => isLetter(c) || isDigit(c)],
  ['alpha', isLetter],
  ['ascii', (c) => c <= '\x7f'],
  ['blank', (c) => c === ' ' || c === '\t'],
  ['cntrl', (c) => c < ' ' || c === '\x7f'],
  ['digit', isDigit],
  ['graph', isGraph],
  ['lower', isLower],
  ['print', (c) => c === ' ' || isGraph(c)],
  ['punct', (c) => isGraph(c) && !isLetter(c) && !isDigit(c)],
  ['space', (c) => c === ' ' || (c >= '\t' && c <= '\r')],
  ['upper', isUpper],
  ['word', isWord],
  ['xdigit', (c) => isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')],
])

/** A class of Unicode by its name (`L`, `Greek`); undefined when there is none. */
export function unicodeClass(name: string): CharacterTest | undefined {
  for (const property of [name, `Script=${name}`]) {
    try {
      const pattern = new RegExp(`^\\p{${property}}$`, 'u')
      return (c) => pattern.test(c)
    } catch {
      // Not this kind of property.
    }
  }
  return undefined
}

/** Whether a word begins or ends at this place. */
export function isWordBoundary(text: string, at: number): boolean {
  const before = at > 0 && isWord(text[at - 1])
  const after = at < text.length && isWord(text[at])
  return before !== after
}

/** The same without regard to upper and lower case. */
export function anyCase(test: CharacterTest): CharacterTest {
  return (c) => test(c) || test(c.toLowerCase()) || test(c.toUpperCase())
}
