import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { testBytes } from '#libs/car/testing/build-car.ts'
import { type FaultPlan, startFaultProxy } from '#libs/storage/testing/fault-proxy.ts'
import type { PinStatus } from './client.ts'
import { addBytes } from './content.ts'
import { createGate } from './gate.ts'
import { startLoneService } from './lone-service.ts'
import { allHandled, startsOf } from './messages.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const timeout = 120_000
const atOnce = { UNPINNED_CAR_TTL_DAYS: '0', UNPINNED_CAR_INTERVAL_MS: '20' }

let pipeline: Pipeline
before(
  async () => {
    pipeline = await startPipeline({ services: ['validator', 'fetcher', 'indexer-bridge', 'gateway'] })
  },
  { timeout: 60_000 },
)
after(() => pipeline[Symbol.asyncDispose]())

let seed = 700
const addContent = () => addBytes(pipeline.kubo, testBytes(2_000, seed++))

async function pinned(cid: string): Promise<Required<Pick<PinStatus, 'receipt'>>['receipt']> {
  const { status, error, receipt } = await pipeline.client.settled(cid)
  assert.equal(status, 'pinned', error)
  assert.ok(receipt)
  return receipt
}

const isStored = async ({ bucket, key }: { bucket: string; key: string }) =>
  (await pipeline.storage.head({ bucket, key })) !== undefined

const deleted = (receipt: { bucket: string; key: string }) =>
  pollUntil(async () => assert.equal(await isStored(receipt), false), {
    what: 'the deletion of the CAR',
    timeoutMs: 20_000,
  })

/** Waits until the content of a CID has no CAR any more, not even one that is about to go. */
const forgotten = (cid: string) =>
  pollUntil(
    async () => {
      const { rows } = await pipeline.database.query('select car_key from contents where cid = $1', [cid])
      assert.deepEqual(rows, [{ car_key: null }])
    },
    { what: `the end of the CAR of ${cid}`, timeoutMs: 20_000 },
  )

/** A fetch that waits for the end of deletes begins now. No delete of this test takes as long as that. */
const timePasses = (pastMs = 0) =>
  pipeline.database.query(
    `update outbox set not_before = now()
     where not_before > now() and created_at <= now() - $1 * interval '1 millisecond'`,
    [pastMs],
  )

test('a CAR is kept for ever where nothing is to be deleted, and a pin finds it without a fetch', {
  timeout,
}, async () => {
  await using _status = await startLoneService(pipeline, 'status', {
    UNPINNED_CAR_TTL_DAYS: 'never',
    UNPINNED_CAR_INTERVAL_MS: '20',
  })
  const cid = await addContent()
  await pipeline.client.pin(cid)
  const receipt = await pinned(cid)
  assert.equal(await pipeline.client.unpin(cid), 200)
  await pipeline.database.query(`update contents set changed_at = 'epoch' where cid = $1`, [cid])
  await pipeline.client.pin(cid)
  const again = await pipeline.client.status(cid)
  assert.deepEqual([again.status, again.receipt?.verified_at], ['pinned', receipt.verified_at])
  assert.equal((await startsOf(pipeline, cid)).length, 1)
  assert.equal(await isStored(receipt), true)
})

test('a pin within the grace time is pinned at once, after it the CAR is gone and fetched again', {
  timeout,
}, async () => {
  const settings = { UNPINNED_CAR_TTL_DAYS: '0.5', UNPINNED_CAR_INTERVAL_MS: '20' }
  await using _status = await startLoneService(pipeline, 'status', settings)
  const { client, database } = pipeline
  const cid = await addContent()
  await client.pin(cid)
  const receipt = await pinned(cid)

  const unpinnedFor = async (hours: number) => {
    assert.equal(await client.unpin(cid), 200)
    await database.query(`update contents set changed_at = now() - $2 * interval '1 hour' where cid = $1`, [
      cid,
      hours,
    ])
  }
  await unpinnedFor(11)
  await client.pin(cid)
  assert.equal((await client.status(cid)).receipt?.verified_at, receipt.verified_at)
  assert.equal((await startsOf(pipeline, cid)).length, 1)

  await unpinnedFor(13)
  await deleted(receipt)
  await forgotten(cid)
  await client.pin(cid)
  assert.equal((await pinned(cid)).car_cid, receipt.car_cid)
  assert.equal(await isStored(receipt), true)
  assert.equal((await startsOf(pipeline, cid)).length, 2)
})

test('a pin that comes while its CAR is being deleted is fetched only after the delete has ended', {
  timeout,
}, async () => {
  const gate = createGate()
  const plan: FaultPlan = ({ operation }) =>
    operation === 'DeleteObject' ? { kind: 'hold', until: gate.pass() } : undefined
  await using proxy = await startFaultProxy(pipeline.servers.s3.endpoint, plan)
  await using _status = await startLoneService(pipeline, 'status', {
    ...atOnce,
    AWS_ENDPOINT_URL_S3: proxy.endpoint,
  })
  const { client, database } = pipeline
  const cid = await addContent()
  await client.pin(cid)
  const receipt = await pinned(cid)
  assert.equal(await client.unpin(cid), 200)
  await gate.reached
  await client.pin(cid)
  assert.equal((await client.status(cid)).status, 'pin_queued')
  const waits = await database.query<{ from_take_ms: number }>(
    `select extract(epoch from not_before - car_deletion_at)::float8 * 1000 as from_take_ms
     from outbox, contents where cid = $1 and outbox.id = cid || '.2.requested'`,
    [cid],
  )
  assert.deepEqual(waits.rows, [{ from_take_ms: 60_000 }])
  gate.open()
  await deleted(receipt)
  await timePasses()
  assert.equal((await pinned(cid)).car_cid, receipt.car_cid)
  assert.equal(await isStored(receipt), true)
})

test('pins that come and go while CARs are deleted never end pinned without their CAR', {
  timeout: 240_000,
}, async t => {
  const settings = { ...atOnce, UNPINNED_CAR_INTERVAL_MS: '100' }
  await using _one = await startLoneService(pipeline, 'status', settings)
  await using _other = await startLoneService(pipeline, 'status', settings)
  const { client } = pipeline
  const passing = setInterval(
    () => void timePasses(2_000).catch((err: unknown) => t.diagnostic(String(err))),
    200,
  )
  t.after(() => clearInterval(passing))
  const outcomes = { restored: 0, fetched: 0 }

  async function comeAndGo(rounds: number) {
    const cid = await addContent()
    await client.pin(cid)
    let receipt = await pinned(cid)
    for (let round = 0; round < rounds; round++) {
      const fetchesBefore = (await startsOf(pipeline, cid)).length
      assert.equal(await client.unpin(cid), 200)
      // Spread over the take, the delete and the end of it.
      await delay((round * 23) % 200)
      await client.pin(cid)
      receipt = await pinned(cid)
      assert.equal(await isStored(receipt), true, `round ${round}`)
      const fetched = (await startsOf(pipeline, cid)).length > fetchesBefore
      outcomes[fetched ? 'fetched' : 'restored']++
    }
    return { cid, receipt }
  }
  const all = await Promise.all(Array.from({ length: 5 }, () => comeAndGo(10)))
  await allHandled(pipeline)
  t.diagnostic(JSON.stringify(outcomes))
  assert.equal(outcomes.restored + outcomes.fetched, 50)
  assert.ok(outcomes.fetched > 0, 'CARs were deleted')
  for (const { cid, receipt } of all) {
    assert.equal((await client.status(cid)).status, 'pinned')
    assert.equal(await isStored(receipt), true)
  }
})
