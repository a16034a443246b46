import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTransferSlots } from './transfer-slots.ts'

const timeout = 5_000
const never = new AbortController().signal
const slotsFor = (slots: number, { crowd = 100, maxWaiting = 100 } = {}) =>
  createTransferSlots({ slots, crowd, maxWaiting })

test('as many slots are given as there are, and then one for each that comes back, in order', {
  timeout,
}, async () => {
  const take = slotsFor(2)
  const first = await take(['a'], never)
  const second = await take(['a'], never)
  const order: string[] = []
  const third = take(['a'], never).then(slot => {
    order.push('third')
    return slot
  })
  const fourth = take(['a'], never).then(slot => {
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
  const take = slotsFor(2)
  assert.equal(take.taken(), 0)
  const slots = [await take(['a'], never), await take(['a'], never)]
  const waiting = take(['a'], never)
  assert.equal(take.taken(), 2)
  slots[0]?.[Symbol.dispose]()
  const third = await waiting
  assert.equal(take.taken(), 2)
  slots[1]?.[Symbol.dispose]()
  third[Symbol.dispose]()
  assert.equal(take.taken(), 0)
})

test('giving a slot back twice gives it to one only', { timeout }, async () => {
  const take = slotsFor(1)
  const slot = await take(['a'], never)
  slot[Symbol.dispose]()
  slot[Symbol.dispose]()
  await take(['a'], never)
  const gaveUp = new AbortController()
  const waiting = take(['a'], gaveUp.signal)
  gaveUp.abort(new Error('none was free'))
  await assert.rejects(waiting, /none was free/)
})

test('who gives up the wait is passed over, and its slot is not lost', { timeout }, async () => {
  const take = slotsFor(1)
  const slot = await take(['a'], never)
  const impatient = new AbortController()
  const left = take(['a'], impatient.signal)
  const patient = take(['a'], never)
  impatient.abort(new Error('stopping'))
  await assert.rejects(left, /stopping/)
  slot[Symbol.dispose]()
  const next = await patient
  next[Symbol.dispose]()
  await take(['a'], never)
})

test('an abort after the slot was given does not take it away', { timeout }, async () => {
  const take = slotsFor(1)
  const slot = await take(['a'], never)
  const controller = new AbortController()
  const waiting = take(['a'], controller.signal)
  slot[Symbol.dispose]()
  const given = await waiting
  controller.abort()
  const after = take(['a'], never)
  given[Symbol.dispose]()
  await after
})

test('who has given up before asking gets none', { timeout }, async () => {
  const take = slotsFor(1)
  await assert.rejects(take(['a'], AbortSignal.abort(new Error('stopping'))), /stopping/)
  await take(['a'], never)
})

/** Takes all slots in the name of `holders`, lets these `comers` wait, and gives the order in which they are served. */
async function orderOf(holders: string[], comers: (string | string[])[], give = holders.length) {
  const take = slotsFor(holders.length)
  const held = await Promise.all(holders.map(account => take([account], never)))
  const order: string[] = []
  const served = comers.map(async comer => {
    const accounts = [comer].flat()
    const slot = await take(accounts, never)
    order.push(accounts.join('+'))
    held.push(slot)
  })
  for (let i = 0; i < comers.length + give; i++) {
    held.shift()?.[Symbol.dispose]()
    await new Promise(setImmediate)
  }
  await Promise.all(served)
  assert.equal(take.taken(), 0)
  assert.deepEqual(take.accounts(), [])
  return order
}

describe('when accounts compete', () => {
  test('one slot goes round, whoever waits the most', { timeout }, async () => {
    assert.deepEqual(await orderOf(['a'], ['a', 'a', 'a', 'b', 'b', 'c']), ['b', 'c', 'a', 'b', 'a', 'a'])
  })

  test('a free slot goes to the account that has the fewest', { timeout }, async () => {
    assert.deepEqual(await orderOf(['a', 'a', 'a'], ['a', 'a', 'a', 'b']), ['b', 'a', 'a', 'a'])
    assert.deepEqual(await orderOf(['b', 'a', 'a'], ['a', 'a', 'b', 'b']), ['b', 'a', 'b', 'a'])
  })

  test('a content of several accounts counts for the one with the best claim', { timeout }, async () => {
    assert.deepEqual(await orderOf(['a', 'a'], ['a', ['a', 'b'], 'b']), ['a+b', 'a', 'b'])
  })

  test('a content whose last pin has just gone is served, too', { timeout }, async () => {
    assert.deepEqual(await orderOf(['a'], [[]]), [''])
  })
})

describe('when too many wait', () => {
  test('the last of the account that has the most is turned away, be it a newcomer or not', {
    timeout,
  }, async () => {
    const take = slotsFor(1, { maxWaiting: 2 })
    const slot = await take(['a'], never)
    const first = take(['a'], never)
    const second = take(['a'], never)
    await assert.rejects(take(['a'], never), { name: 'PostponedError' })
    const other = take(['b'], never)
    await assert.rejects(second, { name: 'PostponedError' })
    slot[Symbol.dispose]()
    const next = await other
    next[Symbol.dispose]()
    await first
  })

  test('it is said in time that there is a crowd, and whose it is', { timeout }, async () => {
    const take = slotsFor(1, { crowd: 2 })
    const slot = await take(['a'], never)
    const leaving = new AbortController()
    const waiting = [take(['b'], never), take(['c'], leaving.signal)]
    assert.equal(take.isCrowded(), true)
    assert.deepEqual(new Set(take.accounts()), new Set(['a', 'b', 'c']))
    leaving.abort(new Error('cancelled'))
    await assert.rejects(waiting[1] ?? assert.fail(), /cancelled/)
    assert.equal(take.isCrowded(), false)
    assert.deepEqual(new Set(take.accounts()), new Set(['a', 'b']))
    slot[Symbol.dispose]()
    await waiting[0]
    assert.deepEqual(take.accounts(), ['b'])
  })
})
