/** Numbers from [0, 1) that a seed decides (Marsaglia's xorshift). */
export function randomUnits(seed: number): () => number {
  let state = seed | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

const alphabets = ['abcdefghijklmnopqrstuvwxyz0123456789-', 'äöüßéñ¿ÿ', 'ключдом', '日本語漢字', '😀🚀𝄞']

/** Keys of 0 to 60 characters or bytes: ASCII, up to four bytes of UTF-8 a character, mixed, and bytes of any kind. */
export function randomKeys(count: number, seed: number): (string | Buffer)[] {
  const unit = randomUnits(seed)
  const below = (limit: number) => Math.floor(unit() * limit)
  return Array.from({ length: count }, () => {
    const length = below(61)
    const kind = below(alphabets.length + 2)
    if (kind === alphabets.length) return Buffer.from(Array.from({ length }, () => below(256)))
    const letters = [...(alphabets[kind] ?? alphabets.join(''))]
    return Array.from({ length }, () => letters[below(letters.length)]).join('')
  })
}
