import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { jetstreamManager } from '@nats-io/jetstream'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { testBytes } from '#libs/car/testing/build-car.ts'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { addBytes } from './content.ts'
import { deadLetter, deadLettersOf } from './dead-letters.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { connectProducer, pinnedRows, pinRequestBody, pinRows } from './producer.ts'

const example = fileURLToPath(new URL('../../deploy/examples/producer.ts', import.meta.url))
const run = promisify(execFile)

let pipeline: Pipeline
let provider: RunningKubo

before(
  async () => {
    pipeline = await startPipeline()
    provider = await pipeline.startNode('provider')
  },
  { timeout: 60_000 },
)
after(() => pipeline[Symbol.asyncDispose]())

test('the example of the README asks for a pin, which ends pinned', { timeout: 60_000 }, async () => {
  const cid = await addBytes(provider, testBytes(300_000, 21))
  const { stdout } = await run(process.execPath, [example, cid, ...provider.multiaddrs], {
    env: { PATH: process.env['PATH'], ...pipeline.natsSettings('producer') },
    timeout: 20_000,
  })
  const { requestId, stream } = JSON.parse(stdout)
  assert.equal(stream, `${pipeline.prefix}_PIN_JOBS`)
  assert.deepEqual(await pinnedRows(pipeline, cid), [
    {
      request_id: requestId,
      account: 'default',
      api: 'nats',
      sent_cid: cid,
      name: '',
      origins: provider.multiaddrs,
      state: 'pinned',
      failure_code: null,
    },
  ])
})

test('a message that comes three times makes one pin', { timeout: 60_000 }, async () => {
  await using producer = await connectProducer(pipeline)
  const cid = await addBytes(provider, testBytes(1_000, 22))
  const body = pinRequestBody('thrice', { cid, origins: provider.multiaddrs, name: 'once' })
  for (let i = 0; i < 2; i++) await producer.publish(body)
  await pinnedRows(pipeline, cid)
  await producer.publish(body)
  await allHandled()
  const rows = await pinRows(pipeline, cid)
  assert.deepEqual(
    rows.map(({ request_id, name, state }) => ({ request_id, name, state })),
    [{ request_id: 'thrice', name: 'once', state: 'pinned' }],
  )
})

test('two producers that ask for one CID get two pins of it, and it is fetched once', {
  timeout: 60_000,
}, async () => {
  await using producer = await connectProducer(pipeline)
  const cid = await addBytes(provider, testBytes(1_000, 23))
  const data = { cid, origins: provider.multiaddrs }
  await producer.publish(pinRequestBody('from-one', data))
  await producer.publish(pinRequestBody('from-two', { ...data, requestId: 'named', account: 'another' }))
  await pinnedRows(pipeline, cid)
  await allHandled()
  const rows = await pinRows(pipeline, cid)
  assert.deepEqual(
    rows.map(({ request_id, account }) => [request_id, account]),
    [
      ['from-one', 'default'],
      ['named', 'another'],
    ],
  )
  const { rows: attempts } = await pipeline.database.query(
    'select attempts, generation from contents where cid = $1',
    [cid],
  )
  assert.deepEqual(attempts, [{ attempts: 1, generation: 1 }])
})

const someCid = rawBlock('asked for badly').cid.toString()

/** Bodies that can never be worked on, with the reason that their sender is told. */
const bad: Record<string, [body: string, reason: RegExp]> = {
  'a body that is not JSON': ['pin this, please', /^pin\.requested: the body is not JSON in UTF-8$/],
  'an empty body': ['', /^pin\.requested: the body is not JSON in UTF-8$/],
  'a request without a CID': [pinRequestBody('bad-1', { name: 'x' }), /^pin\.requested v1: data .*cid/],
  'a request for what is no CID': [
    pinRequestBody('bad-2', { cid: 'bafynonsense' }),
    /^"bafynonsense" is not a CID: /,
  ],
  'another version': [
    JSON.stringify({ v: 2, id: 'bad-3', at: '2026-01-01T00:00:00Z', data: { cid: someCid } }),
    /^pin\.requested v1: v /,
  ],
  'a name that Postgres cannot store': [
    pinRequestBody('bad-4', { cid: someCid, name: 'nul \u0000' }),
    /^name holds a NUL character or text that is not Unicode$/,
  ],
  'metadata that Postgres cannot store': [
    pinRequestBody('bad-5', { cid: someCid, meta: { key: 'half of a pair: \ud83d' } }),
    /^meta holds a NUL character or text that is not Unicode$/,
  ],
}

test('bad messages end in the DLQ as they came, with the reason, and hold nobody up', {
  timeout: 60_000,
}, async () => {
  await using producer = await connectProducer(pipeline)
  for (const [body] of Object.values(bad)) await producer.publish(body)
  const cid = await addBytes(provider, testBytes(1_000, 24))
  await producer.publish(pinRequestBody('good', { cid, origins: provider.multiaddrs }))
  await pinnedRows(pipeline, cid)
  for (const [what, [body, reason]] of Object.entries(bad)) {
    const letter = await deadLetter(pipeline, found => found === body)
    assert.equal(letter.code, 'invalid-message', what)
    assert.match(letter.reason, reason, what)
  }
  assert.equal((await deadLettersOf(pipeline)).length, Object.keys(bad).length)
  await pipeline.logged('fetcher', /message refused/)
  assert.deepEqual(await pinRows(pipeline, someCid), [])
})

test('a producer may not publish what follows from a request', { timeout: 20_000 }, async () => {
  await using producer = await connectProducer(pipeline)
  await assert.rejects(producer.publishTo('car.valid', '{}'), /permissions violation/i)
})

/** Waits until the stream of jobs is empty: a work queue deletes what is settled. */
async function allHandled(): Promise<void> {
  const { admin, prefix } = pipeline
  const { streams } = await jetstreamManager(admin)
  const probe = async () => {
    const { messages } = (await streams.info(`${prefix}_PIN_JOBS`)).state
    if (messages > 0) throw new Error(`${messages} messages in PIN_JOBS`)
  }
  await pollUntil(probe, { what: 'an empty job stream', timeoutMs: 20_000 })
}
