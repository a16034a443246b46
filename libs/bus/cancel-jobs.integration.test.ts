import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PermanentError } from '#libs/errors/index.ts'
import type { MemoryStep } from './testing/memory-jobs.ts'
import { setUpJobs, startWorker, until, untilAborted } from './testing/test-worker.ts'

const timeout = 40_000
/** Longer than any test: what is acknowledged was not waited for. */
const ackWaitMs = 60_000

/** Work that goes on until it is cancelled. `began` resolves when the first job has begun. */
function endlessWork() {
  const beginning = Promise.withResolvers<void>()
  const run: MemoryStep['run'] = (_event, { signal }) => {
    beginning.resolve()
    return untilAborted(signal)
  }
  return { run, began: beginning.promise }
}

test('a job that is cancelled ends at once: cleaned up, released, acknowledged, and told to nobody', {
  timeout,
}, async () => {
  await using s = await setUpJobs({ ackWaitMs })
  const { run, began } = endlessWork()
  await using worker = await startWorker(s.bus, s.jobs.step({ run }))
  await s.send('unwanted')
  await began
  worker.cancel({ cid: 'unwanted', generation: 1 })
  await s.settled()
  const { steps, failures, leased } = s.jobs.job('unwanted')
  assert.deepEqual(steps, ['abandon', 'release'])
  assert.deepEqual([failures, leased], [0, false])
  assert.deepEqual(await s.streams.deadLetters(), [])
})

test('a cancel of another generation disturbs nothing', { timeout }, async () => {
  await using s = await setUpJobs({ ackWaitMs })
  const mayEnd = Promise.withResolvers<void>()
  const running = Promise.withResolvers<AbortSignal>()
  const step = s.jobs.step()
  const run: MemoryStep['run'] = async (event, context) => {
    running.resolve(context.signal)
    await mayEnd.promise
    return step.run(event, context)
  }
  await using worker = await startWorker(s.bus, { ...step, run })
  await s.send('wanted')
  const signal = await running.promise
  worker.cancel({ cid: 'wanted', generation: 0 })
  worker.cancel({ cid: 'wanted', generation: 2 })
  worker.cancel({ cid: 'other', generation: 1 })
  assert.equal(signal.aborted, false)
  mayEnd.resolve()
  await s.settled()
  assert.deepEqual(s.jobs.job('wanted').steps, ['run', 'finish'])
})

test('a cancel that comes while the claim is under way is heard: no work begins', { timeout }, async () => {
  await using s = await setUpJobs({ ackWaitMs })
  const step = s.jobs.step()
  const claim: MemoryStep['claim'] = async event => {
    const claimed = await step.claim(event)
    worker.cancel({ cid: 'race', generation: 1 })
    return claimed
  }
  await using worker = await startWorker(s.bus, { ...step, claim })
  await s.send('race')
  await s.settled()
  assert.deepEqual(s.jobs.job('race').steps, ['abandon', 'release'])
})

test('a cancel that comes when the work is just done removes what it made', { timeout }, async () => {
  await using s = await setUpJobs({ ackWaitMs })
  const step = s.jobs.step()
  const run: MemoryStep['run'] = async (event, context) => {
    const result = await step.run(event, context)
    worker.cancel({ cid: 'done', generation: 1 })
    return result
  }
  await using worker = await startWorker(s.bus, { ...step, run })
  await s.send('done')
  await s.settled()
  assert.deepEqual(s.jobs.job('done').steps, ['run', 'abandon', 'release'])
  assert.equal(s.jobs.job('done').result, undefined)
})

test('a cancel that comes after the work was committed is too late', { timeout }, async () => {
  await using s = await setUpJobs({ ackWaitMs })
  const step = s.jobs.step()
  const run: MemoryStep['run'] = async (event, context) => {
    context.commit()
    worker.cancel({ cid: 'late', generation: 1 })
    context.signal.throwIfAborted()
    return step.run(event, context)
  }
  await using worker = await startWorker(s.bus, { ...step, run })
  await s.send('late')
  await s.settled()
  assert.deepEqual(s.jobs.job('late').steps, ['run', 'finish'])
})

test('a job whose cancel was missed ends at the next heartbeat', { timeout }, async () => {
  await using s = await setUpJobs({ ackWaitMs })
  const { run, began } = endlessWork()
  await using _worker = await startWorker(s.bus, s.jobs.step({ run }), { heartbeatMs: 50 })
  await s.send('missed')
  await began
  s.jobs.job('missed').wanted = false
  await s.settled()
  assert.deepEqual(s.jobs.job('missed').steps, ['abandon', 'release'])
})

test('a failure of a job that was cancelled is no failure, however permanent', { timeout }, async () => {
  await using s = await setUpJobs({ ackWaitMs })
  const running = Promise.withResolvers<void>()
  const run: MemoryStep['run'] = (_event, { signal }) => {
    running.resolve()
    return untilAborted(signal).catch(() => Promise.reject(new PermanentError('bad-block', 'cut off')))
  }
  await using worker = await startWorker(s.bus, s.jobs.step({ run }))
  await s.send('cut')
  await running.promise
  worker.cancel({ cid: 'cut', generation: 1 })
  await s.settled()
  assert.deepEqual(s.jobs.job('cut').steps, ['abandon', 'release'])
  assert.deepEqual(await s.streams.deadLetters(), [])
})

test('a clean-up that fails leaves the message, whose next claim finds the job obsolete', {
  timeout,
}, async () => {
  await using s = await setUpJobs({ ackWaitMs: 500 })
  const { run, began } = endlessWork()
  const cleaning = Promise.withResolvers<void>()
  const abandon = () => {
    cleaning.resolve()
    return Promise.reject(new Error('the store is away'))
  }
  await using worker = await startWorker(s.bus, s.jobs.step({ run, abandon }), { heartbeatMs: 100 })
  await s.send('dirty')
  await began
  s.jobs.job('dirty').wanted = false
  worker.cancel({ cid: 'dirty', generation: 1 })
  await cleaning.promise
  await s.settled()
  assert.deepEqual(s.jobs.job('dirty').steps, [])
  assert.deepEqual(await s.streams.deadLetters(), [])
})

test('a worker whose job was cancelled takes the next one', { timeout }, async () => {
  await using s = await setUpJobs({ ackWaitMs })
  const began = Promise.withResolvers<void>()
  const step = s.jobs.step()
  const run: MemoryStep['run'] = (event, context) => {
    if (event.data.cid !== 'stuck') return step.run(event, context)
    began.resolve()
    return untilAborted(context.signal)
  }
  await using worker = await startWorker(s.bus, { ...step, run }, { slots: 1 })
  await s.send('stuck')
  await began.promise
  await s.send('next')
  worker.cancel({ cid: 'stuck', generation: 1 })
  await until(() => assert.deepEqual(s.jobs.job('next').steps, ['run', 'finish']))
})
