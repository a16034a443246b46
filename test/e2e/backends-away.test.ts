import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { refusedBothWays } from './add-pipeline.ts'
import { deadCid } from './content.ts'
import { deadLetter, deadLettersOf } from './dead-letters.ts'
import { createGate } from './gate.ts'
import { nothingIsLeft } from './leftovers.ts'
import { allHandled } from './messages.ts'
import { multipart } from './multipart.ts'
import { type Pipeline, type ServiceName, serviceNames } from './pipeline.ts'
import { type ProxiedBench, startProxiedBench } from './proxied-bench.ts'
import { jobOf } from './stored.ts'
import { pinNew, startFetcher } from './two-fetchers.ts'

const timeout = 120_000
const authorization = `Basic ${Buffer.from('user:secret').toString('base64')}`

let bench: ProxiedBench
let pipeline: Pipeline
before(async () => {
  bench = await startProxiedBench({
    // What waits for a backend, or at a gate, has not stalled.
    FETCH_CHUNK_TIMEOUT_MS: '600000',
    UNPINNED_CAR_TTL_DAYS: '0',
    UNPINNED_CAR_INTERVAL_MS: '200',
  })
  pipeline = bench.pipeline
})
after(() => bench[Symbol.asyncDispose]())

const urlOf = (name: ServiceName): string => {
  const { env } = pipeline.serviceSpec(name)
  return `http://127.0.0.1:${env[name === 'gateway' ? 'PORT' : 'HEALTH_PORT']}`
}

/** The names of the checks that fail; none when the service is ready. */
async function failingChecks(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/health/ready`)
  const { checks } = (await answer.json()) as { checks: Record<string, string> }
  const failing = Object.entries(checks).flatMap(([name, outcome]) => (outcome === 'ok' ? [] : [name]))
  assert.equal(answer.status, failing.length === 0 ? 200 : 503)
  return failing
}

/** Waits until just these checks of a service fail. */
const failing = (url: string, ...checks: string[]) =>
  pollUntil(async () => assert.deepEqual(await failingChecks(url), checks), {
    what: `the checks of ${url}`,
    timeoutMs: 30_000,
  })

/** A content in the middle of its transfer, which goes on when the gate is opened. */
async function pinHeld() {
  const gate = createGate()
  bench.cars.plan = () => body => ({ body, hold: { afterBytes: 1_000, gate } })
  const cid = await pinNew(bench, 10_000)
  await gate.reached
  bench.cars.plan = () => undefined
  return { cid, gate }
}

async function pinned(cid: string): Promise<void> {
  const { status, error } = await pipeline.client.settled(cid)
  assert.equal(status, 'pinned', error)
}

/** Waits until all are pinned; none has failed on the way, not even once. */
async function pinnedWithoutFailure(...cids: string[]): Promise<void> {
  for (const cid of cids) await pinned(cid)
  await allHandled(pipeline)
  const { rows } = await pipeline.database.query(
    'select cid, step from jobs where failures + outages > 0 and cid = any($1)',
    [cids],
  )
  assert.deepEqual(rows, [])
  assert.deepEqual(await deadLettersOf(pipeline), [])
  await nothingIsLeft(pipeline)
}

describe('NATS is away', () => {
  test('pins are accepted and wait in the outbox, transfers go on, and workers reconnect', {
    timeout,
  }, async () => {
    const running = await pinHeld()
    bench.nats.cut()
    for (const name of serviceNames) await pipeline.logged(name, /NATS connection lost/)
    await Promise.all([
      ...(['fetcher', 'validator', 'indexer-bridge'] as const).map(name => failing(urlOf(name), 'nats')),
      failing(urlOf('status'), 'nats', 'streams'),
      failing(urlOf('gateway')),
    ])

    const waiting = await pinNew(bench, 1_000)
    const { rows } = await pipeline.database.query('select id from outbox')
    assert.deepEqual(rows, [{ id: `${waiting}.1.requested` }])
    running.gate.open()
    const fetched = async () => assert.ok((await jobOf(pipeline, running.cid, 'fetch'))?.result)
    await pollUntil(fetched, { what: 'the end of the transfer', timeoutMs: 30_000 })

    bench.nats.restore()
    for (const name of serviceNames) await pipeline.logged(name, /NATS connected again/)
    await pinnedWithoutFailure(running.cid, waiting)
    for (const name of serviceNames) await failing(urlOf(name))
  })
})

describe('Postgres is away', () => {
  test('requests are refused with Retry-After, transfers end with their lease, and nothing is lost or counted', {
    timeout,
  }, async () => {
    const running = await pinHeld()
    bench.postgres.cut()
    for (const name of serviceNames) await failing(urlOf(name), 'postgres')
    const refused = deadCid()
    const answers = await Promise.all([
      fetch(`${pipeline.gatewayUrl}/pins/${refused}`, { method: 'POST', headers: { authorization } }),
      fetch(`${pipeline.gatewayUrl}/pins/${running.cid}`, { headers: { authorization } }),
    ])
    for (const { status, headers } of answers) {
      assert.equal(status, 503)
      assert.match(headers.get('retry-after') ?? '', /^\d+$/)
    }
    await pipeline.logged('fetcher', new RegExp(`"${running.cid}.1.requested".*lease lost, job dropped`))

    bench.postgres.restore()
    await pinnedWithoutFailure(running.cid)
    for (const name of serviceNames) await failing(urlOf(name))
    assert.equal((await pipeline.client.status(refused)).status, 'unpinned')
  })
})

describe('S3 is away', () => {
  test('transfers wait and no CAR is deleted; all goes on when it is back', { timeout }, async () => {
    const old = await pinNew(bench, 1_000)
    await pinned(old)
    const running = await pinHeld()
    bench.s3.plan = () => ({ kind: 'cut' })
    for (const name of ['fetcher', 'validator'] as const) await failing(urlOf(name), 's3')
    for (const name of ['gateway', 'status', 'indexer-bridge'] as const) await failing(urlOf(name))
    assert.equal(await pipeline.client.unpin(old), 200)
    await pipeline.logged('status', /the deletion of unpinned CARs failed/)
    running.gate.open()
    const waiting = await pinNew(bench, 1_000)
    await pipeline.logged('fetcher', /storage call is tried again/)

    bench.s3.plan = () => undefined
    await pinnedWithoutFailure(running.cid, waiting)
    for (const name of serviceNames) await failing(urlOf(name))
  })

  test('a store that answers and does not do its work makes pins fail as storage-unavailable; pinned again they end pinned', {
    timeout,
  }, async () => {
    bench.s3.plan = ({ operation }) =>
      operation === 'CopyObject' ? { kind: 'answer', httpStatus: 403, s3Code: 'AccessDenied' } : undefined
    const cid = await pinNew(bench, 1_000)
    const { status, failure } = await pipeline.client.settled(cid)
    assert.deepEqual([status, failure?.code], ['pin_error', 'storage-unavailable'])
    const { rows } = await pipeline.database.query(
      `select failures, outages from jobs where cid = $1 and step = 'validate'`,
      [cid],
    )
    assert.deepEqual(rows, [{ failures: 0, outages: 3 }])
    const retried = new RegExp(`"${cid}.1.uploaded".*"storage-unavailable".*job failed, will retry`)
    await pipeline.logged('validator', retried)
    const letter = await deadLetter(pipeline, body => JSON.parse(body).data.cid === cid)
    assert.equal(letter.code, 'storage-unavailable')

    bench.s3.plan = ({ operation }) =>
      operation === 'PutObject' ? { kind: 'answer', httpStatus: 403, s3Code: 'AccessDenied' } : undefined
    const file = () => multipart({ name: 'a file', bytes: 'not stored' })
    await refusedBothWays(pipeline, {}, file, { status: 503, message: /^storage-unavailable: / })

    bench.s3.plan = () => undefined
    await pipeline.client.pin(cid, { origins: bench.provider.multiaddrs })
    await pinned(cid)
  })
})

describe('the Kubo of a fetcher is away', () => {
  test('its jobs go to another fetcher, and it is ready again when its Kubo is back', {
    timeout,
  }, async () => {
    const running = await pinHeld()
    for (const proxy of bench.kubo) proxy.cut()
    await pipeline.logged(
      'fetcher',
      new RegExp(`"${running.cid}.1.requested".*"source-unavailable".*job failed, will retry`),
    )
    await failing(urlOf('fetcher'), 'kubo')
    {
      await using _other = await startFetcher(pipeline, bench.secondNode)
      await pinned(running.cid)
      await pinned(await pinNew(bench, 1_000))
    }
    for (const proxy of bench.kubo) proxy.restore()
    await failing(urlOf('fetcher'))
    await pinned(await pinNew(bench, 1_000))
  })
})
