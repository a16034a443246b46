import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setUpJobs as setUp, startWorker } from './testing/test-worker.ts'

const timeout = 60_000

test('a worker that stops keeps no message that is on its way to it: another gets it long before the ack wait', {
  timeout,
}, async () => {
  await using s = await setUp({ ackWaitMs: 300_000 })
  const names: string[] = []
  for (let round = 0; round < 20; round++) {
    const worker = await startWorker(s.bus, s.jobs.step(), { slots: 50 })
    // The first shows that the pull is open; of the others some come, some are under way and some are not yet sent.
    await s.send(`first-${round}`)
    await s.settled()
    const sent = Array.from({ length: 20 }, (_, i) => `${round}-${i}`)
    names.push(...sent)
    const sending = sent.map(s.send)
    await sending[round]
    await worker[Symbol.asyncDispose]()
    await Promise.all(sending)
    await using _next = await startWorker(s.bus, s.jobs.step(), { slots: 50 })
    await s.settled()
  }
  for (const name of names) assert.ok(s.jobs.job(name).steps.includes('finish'), name)
})
