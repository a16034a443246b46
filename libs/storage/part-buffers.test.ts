import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPartBuffers } from './part-buffers.ts'

const never = new AbortController().signal

test('buffers are reused and never exceed the cap', { timeout: 10_000 }, () => {
  const buffers = createPartBuffers(8, 2)
  const share = buffers.open(10)
  const [first, second] = [share.tryTake(), share.tryTake()]
  assert.ok(first && second)
  assert.equal(share.tryTake(), undefined)
  share.giveBack(first)
  assert.equal(share.tryTake(), first)
  assert.deepEqual(buffers.stats, { allocated: 2, inUse: 2, waiting: 0 })
})

test('one upload cannot take the last buffers that others have none of', { timeout: 10_000 }, () => {
  const buffers = createPartBuffers(8, 3)
  const greedy = buffers.open(10)
  const idle = buffers.open(10)
  assert.ok(greedy.tryTake())
  assert.ok(greedy.tryTake())
  assert.equal(greedy.tryTake(), undefined)
  assert.ok(idle.tryTake())
})

test('a buffer kept for an upload is free for others when that upload closes', {
  timeout: 10_000,
}, async () => {
  const buffers = createPartBuffers(8, 2)
  const greedy = buffers.open(10)
  const idle = buffers.open(10)
  assert.ok(greedy.tryTake())
  const second = greedy.take(never)
  assert.equal(buffers.stats.waiting, 1)
  idle.close()
  await second
})

test('an upload without a buffer is served before one that has some', { timeout: 10_000 }, async () => {
  const buffers = createPartBuffers(8, 2)
  const [rich, poor] = [buffers.open(10), buffers.open(10)]
  const [first, second] = [rich.tryTake(), rich.take(never)]
  const lent = poor.tryTake()
  assert.ok(first && lent)
  const third = buffers.open(10)
  const served = third.take(never)
  poor.giveBack(lent)
  poor.close()
  assert.equal(await served, lent)
  assert.equal(buffers.stats.waiting, 1)
  third.giveBack(lent)
  third.close()
  await second
})

test('a wait ends with the reason of its signal and leaves the queue', { timeout: 10_000 }, async () => {
  const buffers = createPartBuffers(8, 1)
  const share = buffers.open(2)
  assert.ok(share.tryTake())
  const controller = new AbortController()
  const waiting = share.take(controller.signal)
  const reason = new Error('cancelled')
  controller.abort(reason)
  await assert.rejects(waiting, error => error === reason)
  assert.equal(buffers.stats.waiting, 0)
})

test('whatever the cap, every upload gets through all its parts', { timeout: 60_000 }, async () => {
  const upload = fc.record({
    parts: fc.integer({ min: 1, max: 12 }),
    maxHeld: fc.integer({ min: 1, max: 5 }),
  })
  const uploads = fc.array(upload, { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 6 }), uploads, async (scheduler, cap, all) => {
      const buffers = createPartBuffers(1, cap)
      const run = async ({ parts, maxHeld }: { parts: number; maxHeld: number }): Promise<void> => {
        const share = buffers.open(maxHeld)
        const sent: Promise<void>[] = []
        for (let part = 0; part < parts; part++) {
          const buffer = await share.take(never)
          assert.ok(buffers.stats.inUse <= cap)
          sent.push(scheduler.schedule(Promise.resolve()).then(() => share.giveBack(buffer)))
        }
        await Promise.all(sent)
        share.close()
      }
      await scheduler.waitFor(Promise.all(all.map(run)))
      assert.equal(buffers.stats.inUse, 0)
      assert.equal(buffers.stats.waiting, 0)
    }),
  )
})
