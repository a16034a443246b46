import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KeptMessage } from '#libs/bus/index.ts'
import type { Job, JobStanding } from '#libs/db/index.ts'
import { failureOf, PermanentError } from '#libs/errors/index.ts'
import { carUploaded, type DataOf, pinFailed, pinRequested, pinStarted } from '#libs/events/index.ts'
import { onJobExhausted } from './on-job-exhausted.ts'

const timeout = 5_000
const failure = failureOf(new PermanentError('worker-lost', 'delivered 9 times without success'))

function kept(subject: string, body: Uint8Array): KeptMessage {
  return { consumer: 'fetcher', seq: 1, subject, body, publishedAt: new Date() }
}
const requested = kept('pin.requested', pinRequested.encode('id', { cid: 'bafy', generation: 2 }))

function setUp(standing: JobStanding = 'idle') {
  const failed: DataOf<typeof pinFailed>[] = []
  const asked: Job[] = []
  const giveUp = onJobExhausted({
    failed: async event => void failed.push(event),
    standingOf: async job => {
      asked.push(job)
      return standing
    },
  })
  return { failed, asked, giveUp }
}

describe('a job that the server delivers no more', () => {
  test('fails its content with the code and the reason', { timeout }, async () => {
    const { failed, asked, giveUp } = setUp()
    assert.equal(await giveUp(requested, failure), 'given-up')
    assert.deepEqual(failed, [{ cid: 'bafy', generation: 2, step: 'fetch', ...failure }])
    assert.deepEqual(asked, [{ cid: 'bafy', generation: 2, step: 'fetch' }])
    // What the event's schema takes, the row takes.
    for (const event of failed) pinFailed.encode('id', event)
  })

  test('fails the step that it asks for', { timeout }, async () => {
    const { failed, giveUp } = setUp()
    const sample = {
      cid: 'bafy',
      generation: 2,
      staging: { bucket: 'staging', key: 'bafy/2-1.car' },
      carCid: 'bag',
      sizeBytes: 1,
      blocks: 1,
      dagBytes: 1,
    }
    await giveUp(kept('car.uploaded', carUploaded.encode('id', sample)), failure)
    assert.deepEqual(
      failed.map(({ step }) => step),
      ['validate'],
    )
  })

  test('is repeated as it is: the change to the content is guarded', { timeout }, async () => {
    const { failed, giveUp } = setUp()
    assert.deepEqual(
      [await giveUp(requested, failure), await giveUp(requested, failure)],
      ['given-up', 'given-up'],
    )
    assert.equal(failed.length, 2)
    assert.deepEqual(failed[0], failed[1])
  })

  test('is left to the worker that has it', { timeout }, async () => {
    const { failed, giveUp } = setUp('leased')
    assert.equal(await giveUp(requested, failure), 'held')
    assert.deepEqual(failed, [])
  })

  test('fails nothing when it is done: the next step may be under way', { timeout }, async () => {
    const { failed, giveUp } = setUp('done')
    assert.equal(await giveUp(requested, failure), 'given-up')
    assert.deepEqual(failed, [])
  })

  test('is not given up while Postgres is away', { timeout }, async () => {
    const away = new Error('Postgres is away')
    const giveUp = onJobExhausted({ failed: () => Promise.reject(away), standingOf: async () => 'idle' })
    await assert.rejects(giveUp(requested, failure), away)
  })
})

test('what asks for no job that is known fails nothing', { timeout }, async () => {
  const { failed, asked, giveUp } = setUp()
  const started = pinStarted.encode('id', { cid: 'bafy', generation: 2, attempt: 1, worker: 'w' })
  for (const message of [
    kept('pin.requested', pinRequested.encode('id', { cid: 'bafy' })),
    kept('pin.requested', Buffer.from('{')),
    kept('pin.started', started),
  ])
    assert.equal(await giveUp(message, failure), 'given-up')
  assert.deepEqual([failed, asked], [[], []])
})
