/** The records of the benchmarks: values of a stated size, different from each other, made before the clock runs. */
export function values(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    `${i}`.padStart(8, '0').padEnd(bytes, 'abcdefghijklmnopqrstuvwxyz'),
  )
}
