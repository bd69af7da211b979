/** Free TCP ports of the loopback interface. */
import { createServer } from 'node:net'

export const LOOPBACK = '127.0.0.1'

/**
 * Below the range that systems take for outgoing connections (from 32768 on Linux, 49152 elsewhere), so that a broker that is
 * stopped finds its port still free when it starts again.
 */
const FIRST_PORT = 20_000
const PORT_COUNT = 12_000
const ATTEMPTS = 100

const handedOut = new Set<number>()

/** `count` ports that nobody listens on, each given out once by this process. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let attempt = 0; ports.length < count; attempt++) {
    if (attempt > ATTEMPTS + count) {
      throw new Error(`no free port among ${ATTEMPTS} tried from ${FIRST_PORT} to ${FIRST_PORT + PORT_COUNT}`)
    }
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT)
    if (handedOut.has(port) || !(await isFree(port))) continue
    handedOut.add(port)
    ports.push(port)
  }
  return ports
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, LOOPBACK, () => server.close(() => resolve(true)))
  })
}
