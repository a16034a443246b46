import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTransferSlots } from './transfer-slots.ts'

const timeout = 5_000
const never = new AbortController().signal

test('as many slots are given as there are, and then one for each that comes back, in order', {
  timeout,
}, async () => {
  const take = createTransferSlots(2)
  const first = await take(never)
  const second = await take(never)
  const order: string[] = []
  const third = take(never).then(slot => {
    order.push('third')
    return slot
  })
  const fourth = take(never).then(slot => {
    order.push('fourth')
    return slot
  })
  await Promise.resolve()
  assert.deepEqual(order, [])
  first[Symbol.dispose]()
  await third
  assert.deepEqual(order, ['third'])
  second[Symbol.dispose]()
  await fourth
  assert.deepEqual(order, ['third', 'fourth'])
})

test('the number of taken slots counts those in use, not those who wait', { timeout }, async () => {
  const take = createTransferSlots(2)
  assert.equal(take.taken(), 0)
  const slots = [await take(never), await take(never)]
  const waiting = take(never)
  assert.equal(take.taken(), 2)
  slots[0]?.[Symbol.dispose]()
  const third = await waiting
  assert.equal(take.taken(), 2)
  slots[1]?.[Symbol.dispose]()
  third[Symbol.dispose]()
  assert.equal(take.taken(), 0)
})

test('giving a slot back twice gives it to one only', { timeout }, async () => {
  const take = createTransferSlots(1)
  const slot = await take(never)
  slot[Symbol.dispose]()
  slot[Symbol.dispose]()
  await take(never)
  const gaveUp = new AbortController()
  const waiting = take(gaveUp.signal)
  gaveUp.abort(new Error('none was free'))
  await assert.rejects(waiting, /none was free/)
})

test('who gives up the wait is passed over, and its slot is not lost', { timeout }, async () => {
  const take = createTransferSlots(1)
  const slot = await take(never)
  const impatient = new AbortController()
  const left = take(impatient.signal)
  const patient = take(never)
  impatient.abort(new Error('stopping'))
  await assert.rejects(left, /stopping/)
  slot[Symbol.dispose]()
  const next = await patient
  next[Symbol.dispose]()
  await take(never)
})

test('an abort after the slot was given does not take it away', { timeout }, async () => {
  const take = createTransferSlots(1)
  const slot = await take(never)
  const controller = new AbortController()
  const waiting = take(controller.signal)
  slot[Symbol.dispose]()
  const given = await waiting
  controller.abort()
  const after = take(never)
  given[Symbol.dispose]()
  await after
})

test('who has given up before asking gets none', { timeout }, async () => {
  const take = createTransferSlots(1)
  await assert.rejects(take(AbortSignal.abort(new Error('stopping'))), /stopping/)
  await take(never)
})
