import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createPinGate } from './pin-gate.ts'

const timeout = 5_000
const { signal } = new AbortController()

/** The promises that are settled once everything else that could run has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const mark = () => {
    settled = true
  }
  promise.then(mark, mark)
  await new Promise<void>(resolve => setImmediate(resolve))
  return settled
}

test('pins pass together', { timeout }, async () => {
  const gate = createPinGate()
  using _first = await gate.enterPin(signal)
  using _second = await gate.enterPin(signal)
})

test('a collection waits for the last pin and does not hold up new ones while it waits', {
  timeout,
}, async () => {
  const gate = createPinGate()
  const first = await gate.enterPin(signal)
  const collection = gate.enterCollection(signal)
  const second = await gate.enterPin(signal)
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  assert.equal(await isSettled(collection), false)
  second[Symbol.dispose]()
  using _collection = await collection
})

test('pins and collections wait for a collection that runs; one of the two collections goes first', {
  timeout,
}, async () => {
  const gate = createPinGate()
  const collection = await gate.enterCollection(signal)
  const next = gate.enterCollection(signal)
  const pin = gate.enterPin(signal)
  assert.equal(await isSettled(Promise.race([next, pin])), false)
  collection[Symbol.dispose]()
  const passed = await Promise.race([next, pin])
  assert.equal(await isSettled(Promise.all([next, pin])), false)
  passed[Symbol.dispose]()
  await Promise.all([next, pin])
})

test('an aborted wait rejects with the reason and leaves the gate as it was', { timeout }, async () => {
  const gate = createPinGate()
  const pin = await gate.enterPin(signal)
  const stop = new AbortController()
  const collection = gate.enterCollection(stop.signal)
  const reason = new Error('stop')
  stop.abort(reason)
  await assert.rejects(collection, error => error === reason)
  pin[Symbol.dispose]()
  using _collection = await gate.enterCollection(signal)
})
