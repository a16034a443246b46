import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contents, createContentChanges, leasesOf } from '#libs/db/index.ts'
import { storedPins } from '#libs/db/testing/stored-pins.ts'
import { createTestDatabase, silent, type TestDatabase } from '#libs/db/testing/test-database.ts'
import { TransientError } from '#libs/errors/index.ts'
import { carIndexed } from '#libs/events/index.ts'
import { onCarIndexed } from './on-car-indexed.ts'
import { createReconcileIndexer } from './reconcile-indexer.ts'

const timeout = 20_000
let database: TestDatabase
let stored: ReturnType<typeof storedPins>
before(async () => {
  database = await createTestDatabase()
  stored = storedPins(database.db)
})
after(() => database[Symbol.asyncDispose]())

const minutes = 60_000
const ago = (count: number) => new Date(Date.now() - count * minutes)

/** Pinned some minutes ago by a validator whose result is stored. */
async function pinned(cid: string, minutesAgo: number): Promise<void> {
  await stored.accept(cid)
  const leases = leasesOf(database.db, { owner: 'validator', leaseMs: 1_000 })
  const claim = await leases.claim({ cid, generation: 1, step: 'validate' })
  if (claim.kind !== 'leased') throw new Error('the job is somebody else’s')
  await leases.complete(claim.lease, { cid, generation: 1, carCid: 'bag' })
  await stored.setState(cid, 'pinned', { changedAt: ago(minutesAgo) })
}

function setUp({ deliveredBefore = new Date(), streamMadeAt = new Date(0) } = {}) {
  const told: string[] = []
  const pass = createReconcileIndexer({
    db: database.db,
    readDeliveries: async () => ({ 'indexer-bridge': { deliveredBefore, streamMadeAt } }),
    publish: async (event, id) => void told.push(`${event.subject} ${id}`),
    quietMs: 10 * minutes,
    log: silent,
  })
  return { pass, told }
}

const reported = (cid: string) =>
  onCarIndexed(createContentChanges(database.db))({
    v: carIndexed.v,
    id: 'x',
    at: new Date().toISOString(),
    data: { cid, generation: 1, carCid: 'bag', announced: false },
  })

test('a CAR that the bridge has not reported is told again under its first id, once', {
  timeout,
}, async () => {
  await pinned('silent', 30)
  await pinned('recent', 1)
  await pinned('reported', 30)
  await reported('reported')
  const { pass, told } = setUp()
  assert.equal(await pass(), false)
  assert.deepEqual(told, ['car.valid silent.1.valid'])
  await pass()
  assert.equal(told.length, 1)
  await reported('silent')
})

test('what waits for the bridge in the stream is not told twice', { timeout }, async () => {
  await pinned('waiting', 30)
  const { pass, told } = setUp({ deliveredBefore: ago(40) })
  await pass()
  assert.deepEqual(told, [])
  await reported('waiting')
})

test('a CAR whose event went with the stream is told again at once', { timeout }, async () => {
  await pinned('lost', 1)
  const { pass, told } = setUp({ streamMadeAt: ago(0.5) })
  await pass()
  assert.ok(told.includes('car.valid lost.1.valid'))
  await database.db.update(contents).set({ bridgedAt: new Date() })
})

test('what could not be told is told the next time', { timeout }, async () => {
  await pinned('refused', 30)
  const { pass, told } = setUp()
  const away = createReconcileIndexer({
    db: database.db,
    readDeliveries: async () => ({
      'indexer-bridge': { deliveredBefore: new Date(), streamMadeAt: new Date(0) },
    }),
    publish: async () => {
      throw new TransientError('internal', 'NATS is away')
    },
    quietMs: 1,
    log: silent,
  })
  await assert.rejects(away(), /1 of 1 failed/)
  await pass()
  assert.deepEqual(told, ['car.valid refused.1.valid'])
})
