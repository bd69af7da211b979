import type { WriteStream } from 'node:tty'

export interface Progress {
  produced: number
  consumed: number
  total: number
  elapsedSeconds: number
  /** Milliseconds from a record's creation until it was consumed, the median of the last interval. */
  latencyMs: number
}

const refreshMs = 100
const plainEveryMs = 1000

/** Shows how far the run is: one line that moves on a terminal, a plain line a second elsewhere. */
export class ProgressDisplay {
  readonly #output: WriteStream
  readonly #timer: NodeJS.Timeout
  readonly #read: () => Progress

  constructor(output: WriteStream, read: () => Progress) {
    this.#output = output
    this.#read = read
    this.#timer = setInterval(() => this.#show(), output.isTTY ? refreshMs : plainEveryMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#show()
    if (this.#output.isTTY) this.#output.write('\n')
  }

  #show(): void {
    const progress = this.#read()
    if (this.#output.isTTY) this.#output.write(`\r${bar(progress)} ${figures(progress)}\u001b[K`)
    else this.#output.write(`${figures(progress)}\n`)
  }
}

const barWidth = 30

function bar({ produced, consumed, total }: Progress): string {
  const done = Math.floor((consumed / total) * barWidth)
  const sent = Math.floor((produced / total) * barWidth)
  return `[${'#'.repeat(done)}${'-'.repeat(Math.max(0, sent - done))}${' '.repeat(barWidth - Math.max(done, sent))}]`
}

function figures({ produced, consumed, elapsedSeconds, latencyMs }: Progress): string {
  const rate = elapsedSeconds > 0 ? Math.round(consumed / elapsedSeconds / 1000) : 0
  return (
    `${elapsedSeconds.toFixed(1)} s  produced ${produced}  consumed ${consumed}  ${rate} k/s  ` +
    `latency ${latencyMs.toFixed(0)} ms  lag ${produced - consumed}`
  )
}
