import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PostponedError } from './leased-step.ts'
import type { MemoryStep } from './testing/memory-jobs.ts'
import { setUpJobs as setUp, startWorker, until, untilAborted } from './testing/test-worker.ts'

const timeout = 40_000

test('a job that is postponed comes again, ever later, and nothing is counted', { timeout }, async () => {
  await using s = await setUp()
  const startedAt: number[] = []
  const step = s.jobs.step()
  const run: MemoryStep['run'] = async (event, context) => {
    startedAt.push(performance.now())
    if (startedAt.length <= 3) throw new PostponedError('others wait')
    return step.run(event, context)
  }
  const delays = { retryMinMs: 50, retryMaxMs: 10_000, failureLimit: 1, deliveryLimit: 1 }
  await using _worker = await startWorker(s.bus, { ...step, run }, delays)
  await s.send('patient')
  await s.settled()
  const { steps, failures, released } = s.jobs.job('patient')
  assert.deepEqual(steps, ['postpone', 'postpone', 'postpone', 'run', 'finish'])
  assert.deepEqual([failures, released], [0, 0])
  const [first = 0, second = 0, third = 0] = startedAt
  assert.ok(second - first >= 45, `first delay ${second - first} ms`)
  assert.ok(third - second >= 180, `second delay ${third - second} ms`)
})

test('a worker holds as many jobs as it has slots, and one whose turn comes takes the place of another', {
  timeout,
}, async () => {
  await using s = await setUp()
  const order: string[] = []
  const run: MemoryStep['run'] = async ({ data: { cid } }, { signal }) => {
    order.push(cid)
    if (cid.startsWith('endless')) await untilAborted(signal)
    return {}
  }
  await using _worker = await startWorker(s.bus, s.jobs.step({ run }), { slots: 60 })
  for (let i = 0; i < 59; i++) await s.send(`endless${i}`)
  await until(async () => assert.equal(await s.held(), 59))
  for (let i = 0; i < 10; i++) await s.send(`quick${i}`)
  await until(async () => assert.equal(await s.streams.messagesOf('PIN_JOBS'), 59))
  assert.equal(order.length, 69)
})
