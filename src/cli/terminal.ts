/** The world of a command: where it writes, and when it is asked to end. */
export interface Terminal {
  /** What was asked for: a line, without its end. */
  tell(line: string): void
  /** What went wrong: a line, without its end. */
  complain(line: string): void
  /** Resolves when the program is to end (SIGINT, SIGTERM). */
  untilInterrupted(): Promise<void>
  /** Of odradek. */
  readonly version: string
}
