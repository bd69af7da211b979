import {
  anyCase,
  type CharacterTest,
  isWordBoundary,
  not,
  perlClasses,
  posixClasses,
  unicodeClass,
} from './characters.ts'
import { nothing, type PatternNode } from './node.ts'

/** Why a pattern is none. */
export class PatternError extends Error {}

interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
  readonly U: boolean
}

const maxLength = 10_000
const maxDepth = 100
const maxRepeat = 1000
/** Of all parts together, where repetitions count as often as they are repeated. */
const maxSize = 100_000

/**
 * Reads a pattern in the syntax of RE2, which is what Kafka takes for `subscribedTopicRegex`: no look-around, no
 * back-references, no possessive repetition.
 *
 * @throws PatternError
 */
export function parsePattern(text: string): PatternNode {
  if (text.length > maxLength) throw new PatternError('it is too long')
  const parser = new Parser(text)
  const pattern = parser.choice({ i: false, m: false, s: false, U: false }, 0)
  if (!parser.isAtEnd) throw new PatternError('unexpected )')
  return pattern
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
])

const atStart: PatternNode = { type: 'place', test: (_, at) => at === 0 }
const atEnd: PatternNode = { type: 'place', test: (text, at) => at === text.length }
const atLineStart: PatternNode = { type: 'place', test: (text, at) => at === 0 || text[at - 1] === '\n' }
const atLineEnd: PatternNode = { type: 'place', test: (text, at) => at === text.length || text[at] === '\n' }
const atBoundary: PatternNode = { type: 'place', test: isWordBoundary }
const offBoundary: PatternNode = { type: 'place', test: (text, at) => !isWordBoundary(text, at) }

class Parser {
  readonly #text: string
  #at = 0
  #size = 0
  readonly #names = new Set<string>()

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  /** What `|` parts, up to the end or a closing bracket. */
  choice(flags: Flags, depth: number): PatternNode {
    if (depth > maxDepth) throw new PatternError('it is nested too deeply')
    const parts: PatternNode[] = []
    let sequence: PatternNode[] = []
    let current = flags
    while (!this.isAtEnd && this.#peek() !== ')') {
      if (this.#take('|')) {
        parts.push({ type: 'sequence', parts: sequence })
        sequence = []
        continue
      }
      const group = this.#take('(?') ? this.#flagsOrName(current) : undefined
      if (group !== undefined && 'only' in group) {
        current = group.only
        continue
      }
      if (group !== undefined || this.#take('(')) {
        const inner = this.choice(group?.inside ?? current, depth + 1)
        if (!this.#take(')')) throw new PatternError('missing closing )')
        sequence.push(this.#repeated(inner))
      } else if (this.#take('\\Q')) {
        this.#quoted(sequence, current)
      } else {
        sequence.push(this.#repeated(this.#atom(current)))
      }
    }
    parts.push({ type: 'sequence', parts: sequence })
    return parts.length === 1 ? parts[0] : { type: 'choice', parts }
  }

  /** After `(?`: flags for the rest of this bracket (`only`), or for the inside of a new one. */
  #flagsOrName(flags: Flags): { only: Flags } | { inside: Flags } {
    const name = /^P?<(\w+)>/.exec(this.#text.slice(this.#at))
    if (name !== null) {
      if (this.#names.has(name[1])) throw new PatternError(`duplicate group name ${name[1]}`)
      this.#names.add(name[1])
      this.#at += name[0].length
      return { inside: flags }
    }
    const given = /^([imsU]*)(-[imsU]+)?([:)])/.exec(this.#text.slice(this.#at))
    if (given === null) throw new PatternError('invalid or unsupported Perl syntax')
    const [all, on, off = '', end] = given
    this.#at += all.length
    const changed = { ...flags }
    for (const flag of on) changed[flag as keyof Flags] = true
    for (const flag of off.slice(1)) changed[flag as keyof Flags] = false
    return end === ')' ? { only: changed } : { inside: changed }
  }

  #quoted(sequence: PatternNode[], flags: Flags): void {
    const end = this.#text.indexOf('\\E', this.#at)
    const quoted = this.#text.slice(this.#at, end === -1 ? undefined : end)
    this.#at = end === -1 ? this.#text.length : end + 2
    const characters = [...quoted].map((character) => this.#character((c) => c === character, flags))
    const last = characters.pop()
    sequence.push(...characters)
    if (last !== undefined) sequence.push(this.#repeated(last))
  }

  #atom(flags: Flags): PatternNode {
    const character = this.#next()
    switch (character) {
      case '.':
        return this.#character((c) => flags.s || c !== '\n', flags)
      case '^':
        return flags.m ? atLineStart : atStart
      case '$':
        return flags.m ? atLineEnd : atEnd
      case '[':
        return this.#character(this.#class(flags), flags)
      case '*':
      case '+':
      case '?':
        throw new PatternError(`missing argument to repetition operator: ${character}`)
      case '\\':
        return this.#escape(flags)
      default:
        return this.#character((c) => c === character, flags)
    }
  }

  #escape(flags: Flags): PatternNode {
    if (this.isAtEnd) throw new PatternError('trailing backslash at end of expression')
    if (this.#take('A')) return atStart
    if (this.#take('z')) return atEnd
    if (this.#take('b')) return atBoundary
    if (this.#take('B')) return offBoundary
    return this.#character(this.#escapedTest(), flags)
  }

  /** After a backslash, inside of a class or outside. */
  #escapedTest(): CharacterTest {
    const character = this.#peek()
    const perl = perlClasses.get(character)
    if (perl !== undefined) {
      this.#at += 1
      return perl
    }
    if (character === 'p' || character === 'P') return this.#unicodeTest()
    const literal = this.#escapedCharacter()
    return (c) => c === literal
  }

  #escapedCharacter(): string {
    const rest = this.#text.slice(this.#at)
    const coded = /^x([0-9a-fA-F]{2})/.exec(rest) ?? /^x\{([0-9a-fA-F]{1,6})\}/.exec(rest)
    // A single digit would be a back-reference.
    const octal = /^(0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest)
    if (coded !== null || octal !== null) {
      this.#at += (coded ?? octal)![0].length
      const code = coded !== null ? Number.parseInt(coded[1], 16) : Number.parseInt(octal![0], 8)
      if (code > 0x10ffff) throw new PatternError('invalid escape sequence')
      return String.fromCodePoint(code)
    }
    const character = this.#next()
    const known = escapes.get(character)
    if (known === undefined && /[a-zA-Z0-9]/.test(character)) {
      throw new PatternError(`invalid escape sequence: \\${character}`)
    }
    return known ?? character
  }

  #unicodeTest(): CharacterTest {
    const [all, sign, negated, long, short] =
      /^([pP])(?:\{(\^?)([^}]+)\}|(.))/.exec(this.#text.slice(this.#at)) ?? []
    const test = all === undefined ? undefined : unicodeClass(long ?? short)
    if (test === undefined) throw new PatternError('invalid character class range')
    this.#at += all!.length
    return (sign === 'P') === (negated === '^') ? test : not(test)
  }

  /** After `[`. */
  #class(flags: Flags): CharacterTest {
    const tests: CharacterTest[] = []
    const isNegated = this.#take('^')
    let isFirst = true
    while (isFirst || this.#peek() !== ']') {
      if (this.isAtEnd) throw new PatternError('missing closing ]')
      isFirst = false
      tests.push(this.#classItem())
    }
    this.#at += 1
    const test: CharacterTest = (c) => tests.some((one) => one(c))
    const cased = flags.i ? anyCase(test) : test
    return isNegated ? not(cased) : cased
  }

  #classItem(): CharacterTest {
    const named = /^\[:(\^?)([a-z]+):\]/.exec(this.#text.slice(this.#at))
    if (named !== null) {
      const test = posixClasses.get(named[2])
      if (test === undefined) throw new PatternError('invalid character class range')
      this.#at += named[0].length
      return named[1] === '^' ? not(test) : test
    }
    if (this.#peek() === '\\' && /[dDsSwWpP]/.test(this.#text[this.#at + 1] ?? '')) {
      this.#at += 1
      return this.#escapedTest()
    }
    const low = this.#classCharacter()
    if (this.#peek() !== '-' || this.#text[this.#at + 1] === ']' || this.#at + 1 >= this.#text.length) {
      return (c) => c === low
    }
    this.#at += 1
    const high = this.#classCharacter()
    if (high < low) throw new PatternError('invalid character class range')
    return (c) => c >= low && c <= high
  }

  #classCharacter(): string {
    const character = this.#next()
    if (character !== '\\') return character
    if (this.isAtEnd) throw new PatternError('trailing backslash at end of expression')
    return this.#escapedCharacter()
  }

  /** With what follows it: `*`, `+`, `?` or `{n,m}`, each perhaps with a `?` that says which match to prefer. */
  #repeated(part: PatternNode): PatternNode {
    const bounds = this.#bounds()
    if (bounds === undefined) return part
    this.#take('?')
    if (this.#bounds() !== undefined) throw new PatternError('invalid nested repetition operator')
    const [least, most] = bounds
    const optional: PatternNode = { type: 'choice', parts: [part, nothing] }
    const rest: PatternNode[] =
      most === undefined ? [{ type: 'star', part }] : new Array(most - least).fill(optional)
    const parts = [...new Array<PatternNode>(least).fill(part), ...rest]
    this.#count(parts.length)
    return { type: 'sequence', parts }
  }

  #bounds(): [number, number | undefined] | undefined {
    if (this.#take('*')) return [0, undefined]
    if (this.#take('+')) return [1, undefined]
    if (this.#take('?')) return [0, 1]
    const [all, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(this.#text.slice(this.#at)) ?? []
    // A bracket that bounds nothing is a character like others.
    if (all === undefined || (comma === '' && most !== '')) return undefined
    this.#at += all.length
    const low = Number(least)
    const high = comma === '' ? low : most === '' ? undefined : Number(most)
    if (low > maxRepeat || (high !== undefined && (high > maxRepeat || high < low))) {
      throw new PatternError('invalid repeat count')
    }
    return [low, high]
  }

  #character(test: CharacterTest, { i }: Flags): PatternNode {
    this.#count(1)
    return { type: 'character', test: i ? anyCase(test) : test }
  }

  #count(parts: number): void {
    this.#size += parts
    if (this.#size > maxSize) throw new PatternError('it is too large')
  }

  #peek(): string {
    return this.#text[this.#at] ?? ''
  }

  #next(): string {
    const character = this.#text[this.#at]
    this.#at += 1
    return character
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }
}
