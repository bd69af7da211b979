/** How long the payload of a record is, by what its number leaves: mostly short, at times long enough for other threads. */
const lengths: readonly number[] = [0, 10, 100, 30, 500, 20, 60, 3_000, 0, 200, 40]
const longEvery = 97
const longLength = 40_000

/** What is sent for a record: its id and filling that follows from it, so that damage shows. */
export function payloadOf(id: string): string {
  const number = Number(id.slice(id.indexOf(':') + 1))
  const length = number % longEvery === longEvery - 1 ? longLength : lengths[number % lengths.length]
  return `${id} ${id.repeat(Math.ceil(length / id.length)).slice(0, length)}`
}

export function idOf(payload: string): string {
  const end = payload.indexOf(' ')
  return end === -1 ? payload.slice(0, 40) : payload.slice(0, end)
}
