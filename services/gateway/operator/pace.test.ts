import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FinishedMinute } from '#libs/db/index.ts'
import { createPace } from './pace.ts'

const timeout = 5_000
const minuteMs = 60_000

/** A clock that stands still, and minutes that have as many pins as they were looked at. */
function setUp(minutes: number) {
  let nowMs = 1_000 * minuteMs
  const asked: number[] = []
  const count = async (wanted: number): Promise<FinishedMinute[]> => {
    asked.push(wanted)
    const last = Math.floor(nowMs / minuteMs)
    return Array.from({ length: wanted }, (_, i) => ({
      at: new Date((last - wanted + 1 + i) * minuteMs),
      pinned: asked.length,
      failed: 0,
    }))
  }
  return {
    asked,
    look: createPace(count, minutes),
    now: () => nowMs,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

test('the whole time is counted once, then only what may have changed', { timeout }, async t => {
  const { asked, look, now, pass } = setUp(5)
  t.mock.method(Date, 'now', now)
  assert.deepEqual(
    (await look()).map(({ pinned }) => pinned),
    [1, 1, 1, 1, 1],
  )
  pass(1_000)
  assert.deepEqual(
    (await look()).map(({ pinned }) => pinned),
    [1, 1, 1, 2, 2],
  )
  pass(minuteMs)
  const minutes = await look()
  assert.deepEqual(asked, [5, 2, 3])
  assert.deepEqual(
    minutes.map(({ pinned }) => pinned),
    [1, 1, 3, 3, 3],
  )
  assert.equal(minutes.at(-1)?.at.getTime(), 1_001 * minuteMs)
})

test('after a long time without a look no minute is missing, and none is there twice', {
  timeout,
}, async t => {
  const { look, now, pass } = setUp(4)
  t.mock.method(Date, 'now', now)
  await look()
  pass(10 * minuteMs)
  const minutes = await look()
  assert.deepEqual(
    minutes.map(({ at }) => at.getTime() / minuteMs),
    [1_007, 1_008, 1_009, 1_010],
  )
})

test('a count that failed changes nothing', { timeout }, async t => {
  const { now } = setUp(3)
  t.mock.method(Date, 'now', now)
  let isAway = true
  const look = createPace(async wanted => {
    if (isAway) throw new Error('Postgres is away')
    return Array.from({ length: wanted }, (_, i) => ({ at: new Date(i), pinned: 1, failed: 0 }))
  }, 3)
  await assert.rejects(look(), /away/)
  isAway = false
  assert.equal((await look()).length, 3)
})
