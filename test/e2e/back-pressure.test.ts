import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { jetstreamManager } from '@nats-io/jetstream'
import pg from 'pg'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { startFaultProxy } from '#libs/storage/testing/fault-proxy.ts'
import { addBytes, rpc } from './content.ts'
import { nothingIsLeft } from './leftovers.ts'
import { startLoneService } from './lone-service.ts'
import { allHandled } from './messages.ts'
import type { Pipeline } from './pipeline.ts'
import { type Bench, pinNew, startBench, startFetcher } from './two-fetchers.ts'

const timeout = 180_000
const mebibyte = 1024 ** 2

let bench: Bench
let pipeline: Pipeline
before(async () => {
  bench = await startBench({ services: ['status', 'indexer-bridge', 'validator', 'gateway'] })
  pipeline = bench.pipeline
})
after(() => bench[Symbol.asyncDispose]())

/** Waits until all are pinned; none has failed on the way, not even once. */
async function allPinnedAtOnce(cids: readonly string[]): Promise<void> {
  for (const cid of cids) {
    const { status, error } = await pipeline.client.settled(cid)
    assert.equal(status, 'pinned', error)
  }
  await allHandled(pipeline)
  const { rows } = await pipeline.database.query(
    'select sum(failures)::integer as failures from jobs where cid = any($1)',
    [cids],
  )
  assert.equal(rows[0].failures, 0)
  await nothingIsLeft(pipeline)
}

test('a full job stream refuses nothing: pins wait in the outbox and go on when there is room', {
  timeout,
}, async () => {
  const { streams } = await jetstreamManager(pipeline.admin)
  const stream = `${pipeline.prefix}_PIN_JOBS`
  const { max_bytes: maxBytes } = (await streams.info(stream)).config
  await streams.update(stream, { max_bytes: 1_000 })
  const cids: string[] = []
  for (let i = 0; i < 20; i++) cids.push(await pinNew(bench, 1_000))
  const { rows } = await pipeline.database.query('select count(*)::integer from outbox')
  const { messages } = (await streams.info(stream)).state
  assert.ok(messages > 0 && messages < 20, `${messages} are in the stream`)
  assert.ok(rows[0].count >= 20 - messages)
  await pipeline.logged('gateway', /event not published, will retry/)
  await streams.update(stream, { max_bytes: maxBytes })
  await using _fetcher = await startFetcher(pipeline, pipeline.kubo, { LOCATE_CONCURRENCY: '10' })
  await allPinnedAtOnce(cids)
})

describe('an IPFS node that is nearly full', () => {
  const setLimit = (bytes: number) => rpc(pipeline.kubo, `config?arg=Datastore.StorageMax&arg=${bytes}`)

  test('begins no transfer, says so, frees what it can, and goes on', { timeout }, async () => {
    const { RepoSize } = JSON.parse(await rpc(pipeline.kubo, 'repo/stat?size-only=true'))
    await addBytes(pipeline.kubo, randomBytes(8 * mebibyte), 'cid-version=1&pin=false')
    // What was just added is garbage, and without it there is room.
    await setLimit(RepoSize + 4 * mebibyte)
    await using fetcher = await startFetcher(pipeline, pipeline.kubo, {
      LOCATE_CONCURRENCY: '4',
      KUBO_MEASURE_INTERVAL_MS: '200',
      GC_IDLE_MS: '3600000',
    })
    await fetcher.logged(/IPFS node is full/)
    await fetcher.logged(/IPFS node has room again/)
    await allPinnedAtOnce([await pinNew(bench, 1_000)])
    await setLimit(10_000_000_000)
  })

  test('keeps jobs waiting without a failure while nothing can be freed', { timeout }, async () => {
    await using fetcher = await startFetcher(pipeline, pipeline.kubo, {
      LOCATE_CONCURRENCY: '4',
      KUBO_MEASURE_INTERVAL_MS: '200',
    })
    await setLimit(1)
    await fetcher.logged(/IPFS node is full/)
    const ready = await fetch(`${fetcher.url}/health/ready`)
    assert.equal(ready.status, 503)
    assert.match(await ready.text(), /"space":"the repository of the IPFS node is over 90 % full"/)
    const cids = [await pinNew(bench, 1_000), await pinNew(bench, 1_000)]
    await setLimit(10_000_000_000)
    await allPinnedAtOnce(cids)
  })
})

test('a store that answers slowly slows the transfer down, and is no stall', { timeout }, async () => {
  await using proxy = await startFaultProxy(pipeline.servers.s3.endpoint, call =>
    call.operation === 'UploadPart'
      ? { kind: 'hold', until: new Promise(resolve => setTimeout(resolve, 1_500)) }
      : undefined,
  )
  await using _fetcher = await startFetcher(pipeline, pipeline.kubo, {
    AWS_ENDPOINT_URL_S3: proxy.endpoint,
    S3_PARTS_IN_FLIGHT: '1',
    S3_MAX_BUFFERS: '2',
    FETCH_CHUNK_TIMEOUT_MS: '1000',
  })
  await allPinnedAtOnce([await pinNew(bench, 22 * mebibyte)])
})

describe('a Postgres that gives no connection', () => {
  /** Locks what every new pin writes to, as long as it is not disposed. */
  async function lockPins() {
    const client = new pg.Client({ connectionString: pipeline.serviceSpec('gateway').env?.['DATABASE_URL'] })
    await client.connect()
    await client.query('begin; lock table pins in access exclusive mode')
    return { [Symbol.asyncDispose]: () => client.end() }
  }

  test('makes requests wait, then refuses them with Retry-After; what was accepted is kept', {
    timeout,
  }, async () => {
    await using gateway = await startLoneService(pipeline, 'gateway', {
      DATABASE_MAX_CONNECTIONS: '2',
      DATABASE_QUERY_TIMEOUT_MS: '2000',
      MAX_PENDING_REQUESTS: '20',
    })
    const headers = { authorization: `Basic ${Buffer.from('user:secret').toString('base64')}` }
    const cids = await Promise.all(
      Array.from({ length: 30 }, () =>
        addBytes(pipeline.kubo, randomBytes(1_000), 'cid-version=1&pin=false'),
      ),
    )
    const post = (cid: string) => fetch(`${gateway.url}/pins/${cid}`, { method: 'POST', headers })
    const lock = await lockPins()
    const answers = await Promise.all(cids.map(post))
    await lock[Symbol.asyncDispose]()
    await gateway.logged(/too many requests at once, further ones are refused/)
    for (const answer of answers) {
      assert.equal(answer.status, 503)
      assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/)
      const { code, message } = (await answer.json()) as { code: number; message: string }
      assert.equal(code, 503)
      assert.ok(
        ['Service Unavailable', 'too many requests at once, try again in a few seconds'].includes(message),
      )
    }
    const again = async (cid: string) => {
      const accepted = async () => assert.equal((await post(cid)).status, 200)
      await pollUntil(accepted, { what: 'the second try', timeoutMs: 20_000 })
    }
    await Promise.all(cids.map(again))
    await gateway.logged(/requests are taken again/)
    await using _fetcher = await startFetcher(pipeline, pipeline.kubo, { LOCATE_CONCURRENCY: '10' })
    await allPinnedAtOnce(cids)
  })
})
