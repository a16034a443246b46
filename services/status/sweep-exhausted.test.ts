import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExhaustedMessages, KeptMessage } from '#libs/bus/index.ts'
import type { JobStanding } from '#libs/db/index.ts'
import { pinRequested } from '#libs/events/index.ts'
import { createListeningLogger } from '#libs/telemetry/testing/listening-logger.ts'
import { createSweepExhausted } from './sweep-exhausted.ts'

const timeout = 5_000
const quietMs = 60_000
const longAgo = new Date(Date.now() - 2 * quietMs)

const job = (seq: number, publishedAt = longAgo): KeptMessage => ({
  consumer: 'fetcher',
  seq,
  subject: 'pin.requested',
  body: pinRequested.encode('id', { cid: `cid-${seq}`, generation: 1 }),
  publishedAt,
})

/** `counts` are what the server says in one pass after the other. */
function setUp(counts: number[], kept: KeptMessage[], standing: Record<string, JobStanding> = {}) {
  const routed: number[] = []
  const { log, messages } = createListeningLogger()
  const exhausted: ExhaustedMessages = {
    count: async consumer => (consumer === 'fetcher' ? (counts.shift() ?? 0) : 0),
    async *delivered(consumer) {
      if (consumer === 'fetcher') yield* kept
    },
    async route({ seq }) {
      routed.push(seq)
      return 'routed'
    },
  }
  const sweep = createSweepExhausted({
    exhausted,
    giveUp: async () => 'given-up',
    standingOf: async ({ cid }) => standing[cid] ?? 'idle',
    quietMs,
    log,
  })
  return { sweep, routed, messages }
}

test('a job that is counted in two passes, and that no worker had for long, is routed', {
  timeout,
}, async () => {
  const { sweep, routed, messages } = setUp([1, 1], [job(1, new Date()), job(2), job(3)], {
    'cid-3': 'leased',
  })
  assert.equal(await sweep(), false)
  assert.deepEqual(routed, [])
  await sweep()
  assert.deepEqual(routed, [2])
  assert.deepEqual(messages, ['exhausted job found that the server has told nobody of'])
})

test('what was counted once may have been counted between two changes', { timeout }, async () => {
  const { sweep, routed } = setUp([1, 0, 1, 0], [job(1)])
  for (let pass = 0; pass < 4; pass++) await sweep()
  assert.deepEqual(routed, [])
})

test('while more jobs are quiet than are exhausted, none is routed: their workers are away', {
  timeout,
}, async () => {
  const { sweep, routed, messages } = setUp([1, 1, 1], [job(1), job(2)])
  for (let pass = 0; pass < 3; pass++) await sweep()
  assert.deepEqual(routed, [])
  assert.deepEqual(messages, Array(2).fill('exhausted jobs not told apart yet'))
})

test('a job that is done and a message that is no job are routed, too', { timeout }, async () => {
  const odd = { ...job(1), body: Buffer.from('{') }
  const { sweep, routed } = setUp([2, 2], [odd, job(2)], { 'cid-2': 'done' })
  await sweep()
  await sweep()
  assert.deepEqual(routed, [1, 2])
})
