import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jetstream } from '@nats-io/jetstream'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { deadLetter } from './dead-letters.ts'
import { startPipeline } from './pipeline.ts'

test('a pin whose message no fetcher ever settles fails with a code, and its message is in the DLQ', {
  timeout: 120_000,
}, async () => {
  await using pipeline = await startPipeline({ services: ['status', 'gateway'], maxDeliver: 4 })
  const cid = rawBlock('no fetcher settles this').cid.toString()
  await pipeline.client.pin(cid)
  const { consumers } = jetstream(pipeline.admin)
  const fetcher = await consumers.get(`${pipeline.prefix}_PIN_JOBS`, 'fetcher')
  for (let deliveries = 0; deliveries < 4; deliveries++) (await fetcher.next({ expires: 10_000 }))?.nak()
  // The server gives it up when it is asked for it once more.
  assert.equal(await fetcher.next({ expires: 1_000 }), null)
  const { status, failure } = await pipeline.client.settled(cid)
  assert.deepEqual([status, failure?.code], ['pin_error', 'worker-lost'])
  const letter = await deadLetter(pipeline, body => JSON.parse(body).data.cid === cid)
  assert.equal(letter.code, 'worker-lost')
  await pipeline.logged('status', /"consumer":"fetcher","seq":1,.*the server delivers a message no more/)
})
