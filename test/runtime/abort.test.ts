import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { AbortedError } from '../../src/errors.ts'
import { abortedError, onAbort, throwIfAborted } from '../../src/runtime/abort.ts'

function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length
}

it('tells everybody who waits, once', () => {
  const controller = new AbortController()
  const told: string[] = []
  onAbort(controller.signal, () => told.push('first'))
  onAbort(controller.signal, () => told.push('second'))
  controller.abort()
  controller.abort()
  expect(told).toEqual(['first', 'second'])
})

it('puts one listener on a signal however many wait, and none when nobody does', () => {
  const { signal } = new AbortController()
  const callback = () => {}
  const unsubscribes = Array.from({ length: 1000 }, () => onAbort(signal, callback))
  expect(listenersOf(signal)).toBe(1)
  unsubscribes[0]()
  unsubscribes[0]()
  expect(listenersOf(signal)).toBe(1)
  for (const unsubscribe of unsubscribes) unsubscribe()
  expect(listenersOf(signal)).toBe(0)
})

it('does not tell who unsubscribed, also while the others are told', () => {
  const controller = new AbortController()
  const told: string[] = []
  onAbort(controller.signal, () => {
    told.push('first')
    unsubscribe()
  })
  const unsubscribe = onAbort(controller.signal, () => told.push('second'))
  controller.abort()
  expect(told).toEqual(['first'])
})

it('waits again after everybody had left', () => {
  const controller = new AbortController()
  onAbort(controller.signal, () => {})()
  let told = 0
  onAbort(controller.signal, () => {
    told += 1
  })
  controller.abort()
  expect(told).toBe(1)
})

it('tells of a signal that has fired already, but not before it returns', async () => {
  const told: string[] = []
  const unsubscribe = onAbort(AbortSignal.abort(), () => told.push('kept'))
  onAbort(AbortSignal.abort(), () => told.push('taken back'))()
  expect(told).toEqual([])
  await Promise.resolve()
  expect(told).toEqual(['kept'])
  unsubscribe()
})

it('takes no signal as one that never fires', () => {
  onAbort(undefined, () => expect.unreachable())()
  throwIfAborted(undefined, 'this')
})

it('makes the signal an AbortedError that keeps its reason', () => {
  const reason = new Error('enough')
  const signal = AbortSignal.abort(reason)
  expect(() => throwIfAborted(signal, 'send to orders')).toThrow(AbortedError)
  expect(() => throwIfAborted(signal, 'send to orders')).toThrow('send to orders was aborted by its signal')
  expect(abortedError(signal, 'this').cause).toBe(reason)
  throwIfAborted(new AbortController().signal, 'this')
})
