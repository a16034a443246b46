import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { measureProcess } from '#libs/telemetry/testing/measure-process.ts'
import { createAcceptPin } from './accept-pins-together.ts'
import { createContentChanges } from './content-changes.ts'
import { countAllPins, readBacklog } from './read-backlog.ts'
import { replacePsaPin } from './replace-pin.ts'
import { storedPins } from './testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

const timeout = 20_000
const process = measureProcess()
const accepted = async (api: string) =>
  (await process.valueOf('pickup_pin_accepted_total', { pickup_api: api })) ?? 0
const finished = async (labels: Record<string, string>) =>
  (await process.valueOf('pickup_content_finished_total', labels)) ?? 0

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
})
after(() => database[Symbol.asyncDispose]())

const receipt = (cid: string) => ({
  cid,
  generation: 1,
  car: { bucket: 'cars', key: `${cid}.car` },
  region: 'us-east-1',
  carCid: 'bag',
  sizeBytes: 100,
  blocks: 1,
  dagBytes: 50,
  verifiedAt: new Date().toISOString(),
})
const failure = (cid: string) => ({
  cid,
  generation: 1,
  step: 'fetch' as const,
  code: 'not-found' as const,
  message: 'nobody has it',
  missingCids: [],
})

test('an accepted pin counts once, by its API, and a repeat by key or request id does not', {
  timeout,
}, async () => {
  const keyed = { api: 'psa', idempotencyKey: 'key' } as const
  await stored.accept('keyed', keyed)
  await stored.accept('keyed', keyed)
  assert.equal(await accepted('psa'), 1)
  const produced = { api: 'nats', requestId: 'produced' } as const
  await Promise.all([stored.accept('produced', produced), stored.accept('produced', produced)])
  assert.equal(await accepted('nats'), 1)
})

test('pins that are stored together count each for itself, as do those that were there', {
  timeout,
}, async () => {
  const accept = createAcceptPin(database.db)
  const before = await accepted('cluster')
  await Promise.all(['a', 'b', 'c', 'a'].map(cid => accept(stored.request(cid))))
  assert.equal(await accepted('cluster'), before + 4)
})

test('a pin that replaces another counts, one that finds none to replace does not', { timeout }, async () => {
  const { pin } = await stored.accept('old', { api: 'psa' })
  const before = await accepted('psa')
  const which = { account: pin.account, requestId: pin.requestId }
  await replacePsaPin(database.db, which, stored.request('new', { api: 'psa' }))
  await replacePsaPin(database.db, which, stored.request('newer', { api: 'psa' }))
  assert.equal(await accepted('psa'), before + 1)
})

test('what a content becomes counts once, however often and however late it is told', {
  timeout,
}, async () => {
  const changes = createContentChanges(database.db)
  await stored.accept('proven')
  await stored.accept('dead')
  for (const _ of [1, 2]) await changes.pinned(receipt('proven'))
  await changes.failed(failure('proven'))
  for (const _ of [1, 2]) await changes.failed(failure('dead'))
  await changes.failed({ ...failure('dead'), generation: 7 })
  await changes.pinned(receipt('unknown'))
  assert.equal(await finished({ pickup_pin_state: 'pinned' }), 1)
  assert.equal(await finished({ pickup_pin_state: 'failed' }), 1)
  assert.equal(await finished({ error_type: 'not-found' }), 1)
  assert.equal(await process.valueOf('pickup_content_time_to_pinned_seconds_count'), 1)
})

test('a content that was unpinned meanwhile has not become pinned', { timeout }, async () => {
  await stored.accept('left')
  await stored.setState('left', 'unpinned')
  const before = await finished({})
  await createContentChanges(database.db).pinned(receipt('left'))
  assert.equal((await stored.content('left'))?.carCid, 'bag')
  assert.equal(await finished({}), before)
})

test('what waits is counted and has an age; what does not has none', { timeout }, async () => {
  await using empty = await createTestDatabase()
  const nothing = { outboxEvents: 0, outboxSeconds: 0, queuedSeconds: 0 }
  assert.deepEqual(await readBacklog(empty.db), nothing)
  assert.deepEqual(await countAllPins(empty.db), [])
  const pins = storedPins(empty.db)
  for (const cid of ['one', 'two']) await pins.accept(cid)
  await pins.setState('two', 'pinned')
  const since = new Date(Date.now() - 60_000)
  await pins.setState('one', 'queued', { queuedAt: since })
  const { outboxEvents, outboxSeconds, queuedSeconds } = await readBacklog(empty.db)
  assert.equal(outboxEvents, 2)
  assert.ok(outboxSeconds >= 0 && outboxSeconds < 20)
  assert.ok(queuedSeconds >= 59 && queuedSeconds < 80)
  const counted = (await countAllPins(empty.db)).filter(({ pins: count }) => count > 0)
  assert.deepEqual(
    counted.toSorted((one, other) => one.state.localeCompare(other.state)),
    [
      { api: 'cluster', state: 'pinned', pins: 1 },
      { api: 'cluster', state: 'queued', pins: 1 },
    ],
  )
})
