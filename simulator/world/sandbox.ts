import childProcess from 'node:child_process'
import crypto from 'node:crypto'
import dns from 'node:dns'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'

/** Simulated code reached for the real world: its clock, its timers, its chance, its sockets or its files. */
export class StrayError extends Error {
  override name = 'StrayError'

  constructor(what: string) {
    super(`${what} is of the real world, and a simulation must not depend on it: use the runtime`)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: holders of functions of every kind
type Holder = Record<string, any>

/** What is taken away, by holder. Those of modules reach `import { name }` as well. */
const taken: readonly (readonly [label: string, holder: Holder, names: readonly string[]])[] = [
  ['', globalThis, ['setTimeout', 'setInterval', 'setImmediate', 'fetch']],
  ['Math.', Math, ['random']],
  ['performance.', performance, ['now']],
  ['process.', process, ['hrtime', 'uptime', 'cpuUsage']],
  ['AbortSignal.', AbortSignal, ['timeout']],
  ['crypto.', globalThis.crypto, ['getRandomValues', 'randomUUID']],
  ['crypto.', crypto, ['randomBytes', 'randomUUID', 'randomInt', 'randomFillSync', 'randomFill']],
  ['net.', net, ['connect', 'createConnection', 'createServer']],
  ['tls.', tls, ['connect', 'createServer']],
  ['dns.', dns, ['lookup', 'resolve', 'resolve4', 'resolve6']],
  ['dns.promises.', dns.promises, ['lookup', 'resolve']],
  ['http.', http, ['request', 'get', 'createServer']],
  ['https.', https, ['request', 'get', 'createServer']],
  [
    'fs.',
    fs,
    ['readFile', 'readFileSync', 'writeFile', 'writeFileSync', 'open', 'openSync', 'stat', 'statSync'],
  ],
  ['fs.promises.', fs.promises, ['readFile', 'writeFile', 'open', 'stat']],
  ['child_process.', childProcess, ['spawn', 'spawnSync', 'exec', 'execFile', 'fork']],
]

/**
 * While it is entered, a use of real time, chance or input and output throws a `StrayError`; and somebody is told, since
 * code under test may swallow what it throws. What is not simulated goes on as always between `leave` and `enter`.
 */
export class Sandbox {
  readonly #onStray: (stray: StrayError) => void
  readonly #restore: (() => void)[] = []
  #inside = false

  private constructor(onStray: (stray: StrayError) => void) {
    this.#onStray = onStray
  }

  /** Puts guards in the place of the real functions until `uninstall`. `onStray` is told of each stray use. */
  static install(onStray: (stray: StrayError) => void): Sandbox {
    const sandbox = new Sandbox(onStray)
    for (const [label, holder, names] of taken) {
      for (const name of names) sandbox.#guard(holder, name, `${label}${name}`)
    }
    sandbox.#guardDate()
    syncBuiltinESMExports()
    return sandbox
  }

  enter(): void {
    this.#inside = true
  }

  leave(): void {
    this.#inside = false
  }

  uninstall(): void {
    this.#inside = false
    for (const restore of this.#restore.splice(0).reverse()) restore()
    syncBuiltinESMExports()
  }

  #guard(holder: Holder, name: string, label: string): void {
    const real = holder[name]
    const own = Object.getOwnPropertyDescriptor(holder, name)
    const check = () => this.#check(label)
    const guarded = function (this: unknown, ...args: unknown[]) {
      check()
      return Reflect.apply(real, this, args)
    }
    // Promisified forms and the like hang on the function itself.
    for (const key of Reflect.ownKeys(real)) {
      const property = Object.getOwnPropertyDescriptor(real, key)!
      if (key !== 'length' && key !== 'name' && key !== 'prototype')
        Object.defineProperty(guarded, key, property)
    }
    Object.defineProperty(holder, name, { value: guarded, configurable: true, writable: true })
    this.#restore.push(() => {
      if (own === undefined) delete holder[name]
      else Object.defineProperty(holder, name, own)
    })
  }

  #guardDate(): void {
    const RealDate = Date
    const check = (label: string) => this.#check(label)
    const guarded: DateConstructor = new Proxy(RealDate, {
      construct(target, args, newTarget): Date {
        if (args.length === 0) check('new Date()')
        return Reflect.construct(target, args, newTarget === guarded ? target : newTarget)
      },
      get(target, name) {
        if (name !== 'now') return Reflect.get(target, name)
        return () => {
          check('Date.now')
          return target.now()
        }
      },
    })
    globalThis.Date = guarded
    this.#restore.push(() => {
      globalThis.Date = RealDate
    })
  }

  #check(what: string): void {
    if (!this.#inside) return
    const stray = new StrayError(what)
    this.#onStray(stray)
    throw stray
  }
}
