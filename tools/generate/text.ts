const widestLine = 110

/** Lines of code with their indentation. */
export class CodeText {
  readonly #lines: string[] = []
  #depth: number

  constructor(depth = 0) {
    this.#depth = depth
  }

  get length(): number {
    return this.#lines.length
  }

  /** The only line there is, without its indentation. */
  only(): string {
    if (this.#lines.length !== 1) throw new Error(`${this.#lines.length} lines in place of one`)
    return this.#lines[0]!.trim()
  }

  mentions(word: string): boolean {
    return new RegExp(`\\b${word}\\b`).test(this.toString())
  }

  /** A text for lines that `append` takes over, to be looked at before. */
  draft(): CodeText {
    return new CodeText(this.#depth)
  }

  append(text: CodeText): void {
    this.#lines.push(...text.#lines)
  }

  line(text = ''): void {
    this.#lines.push(text === '' ? '' : '  '.repeat(this.#depth) + text)
  }

  /** A line that opens a block, the block, and the line that closes it, unless the next one does (null). */
  block(open: string, body: () => void, close: string | null = '}'): void {
    this.line(open)
    this.inner(body)
    if (close !== null) this.line(close)
  }

  /** Lines one step further in. */
  inner(body: () => void): void {
    this.#depth += 1
    body()
    this.#depth -= 1
  }

  /** Items on one line when they fit, else on as many lines as they need. */
  list(open: string, items: readonly string[], close: string, separator = ','): void {
    const space = /[(<]$/.test(open) ? '' : ' '
    const single = open + space + items.join(`${separator} `) + space + close
    if (this.#fits(single)) {
      this.line(single)
      return
    }
    // Type arguments take no comma behind the last one.
    const lastEnd = open.endsWith('<') ? '' : ','
    const rows = (): void => {
      let row = ''
      items.forEach((item, i) => {
        const ended = i < items.length - 1 ? item + separator : item + lastEnd
        const longer = row === '' ? ended : `${row} ${ended}`
        if (row !== '' && !this.#fits(longer)) {
          this.line(row)
          row = ended
        } else row = longer
      })
      this.line(row)
    }
    this.block(open, rows, close)
  }

  /** A declaration or assignment, its value on a line of its own when it must be. */
  value(head: string, value: string): void {
    if (this.#fits(`${head} ${value}`)) this.line(`${head} ${value}`)
    else {
      this.line(head)
      this.inner(() => this.line(value))
    }
  }

  /** A statement under a head such as `if (...)`, on one line when it fits. */
  under(head: string, statement: string): void {
    if (this.#fits(`${head} ${statement}`)) this.line(`${head} ${statement}`)
    else this.block(`${head} {`, () => this.line(statement))
  }

  #fits(text: string): boolean {
    return this.#depth * 2 + text.length <= widestLine
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`
  }
}
