import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Claim, type Job, type Lease, leasesOf } from './leases.ts'
import { createWantedBy } from './pins-of-content.ts'
import { contents, pins } from './schema.ts'
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts'

const timeout = 20_000

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database[Symbol.asyncDispose]())

let count = 0
/** Contents that are queued, in the generation 2. */
async function queuedContents(number: number): Promise<string[]> {
  const cids = Array.from({ length: number }, () => `cid-${count++}`)
  await database.db
    .insert(contents)
    .values(cids.map(cid => ({ cid, generation: 2, state: 'queued' as const })))
  return cids
}

const workerOf = (owner: string) => leasesOf(database.db, { owner, leaseMs: 60_000 })
const job = (cid: string, generation = 2): Job => ({ cid, generation, step: 'fetch' })
const kindsOf = (claims: readonly Claim[]) => claims.map(({ kind }) => kind)
const leaseOf = (claim: Claim): Lease => {
  assert.ok(claim.kind === 'leased')
  return claim.lease
}

test('of jobs that are claimed together each gets its own answer', { timeout }, async () => {
  const [free = '', held = '', done = ''] = await queuedContents(3)
  const [ours, theirs] = [workerOf('ours'), workerOf('theirs')]
  await theirs.claim(job(held))
  await theirs.complete(leaseOf(await theirs.claim(job(done))), { key: 'value' })
  const asked = [
    job(free),
    job(held),
    job(done),
    job(free),
    job(free, 1),
    job(free, 3),
    job('nobody'),
    job('a\0'),
    job('a\ud800'),
  ]
  const claims = await Promise.all(asked.map(ours.claim))
  assert.deepEqual(kindsOf(claims), [
    'leased',
    'held',
    'done',
    'held',
    'obsolete',
    ...Array.from({ length: 4 }, () => 'unknown'),
  ])
  assert.deepEqual(claims[2], { kind: 'done', result: { key: 'value' } })
  assert.deepEqual(claims[0], {
    kind: 'leased',
    lease: { ...job(free), epoch: 1, attempt: 1, unreported: 0 },
  })
  const validate = { ...job(free), step: 'validate' as const }
  assert.deepEqual(kindsOf(await Promise.all([ours.claim(validate), ours.claim(job(free))])), [
    'leased',
    'held',
  ])
})

test('workers that claim, renew and postpone the same jobs in any order never stop each other', {
  timeout,
}, async () => {
  const cids = await queuedContents(60)
  const rounds = async (owner: string, order: string[]) => {
    const { claim, renew, postpone } = workerOf(owner)
    let leased = 0
    for (let round = 0; round < 20; round++) {
      const claims = await Promise.all(order.map(cid => claim(job(cid))))
      const leases = claims.flatMap(each => (each.kind === 'leased' ? [each.lease] : []))
      const renewal = await renew(leases.toReversed())
      assert.deepEqual(renewal.lost, [])
      await Promise.all(leases.map(postpone))
      leased += leases.length
    }
    return leased
  }
  const leased = await Promise.all([
    rounds('first', cids),
    rounds('second', cids.toReversed()),
    rounds('third', cids.toSorted()),
  ])
  assert.ok(leased.every(number => number > 0))
  const after = await Promise.all(cids.map(cid => workerOf('last').claim(job(cid))))
  assert.ok(after.every(claim => leaseOf(claim).attempt === 1))
})

test('who wants which of the contents that are asked about together', { timeout }, async () => {
  const [one = '', other = '', none = ''] = await queuedContents(3)
  const pin = (account: string, cid: string, origins: string[]) => ({
    requestId: `request-${count++}`,
    account,
    api: 'psa' as const,
    cid,
    sentCid: cid,
    origins,
    state: 'queued' as const,
    createdAt: new Date(count),
  })
  await database.db
    .insert(pins)
    .values([
      pin('a', one, ['/ip4/1.1.1.1']),
      pin('a', one, []),
      pin('b', one, ['/ip4/2.2.2.2']),
      pin('b', other, []),
    ])
  const wantedBy = createWantedBy(database.db)
  const [first, second, third, again] = await Promise.all([one, other, none, one].map(wantedBy))
  assert.deepEqual(first?.origins.toSorted(), ['/ip4/1.1.1.1', '/ip4/2.2.2.2'])
  assert.deepEqual(first?.accounts.toSorted(), ['a', 'b'])
  assert.deepEqual(second, { origins: [], accounts: ['b'], queuedForMs: second?.queuedForMs })
  assert.ok(second.queuedForMs !== undefined && second.queuedForMs >= 0 && second.queuedForMs < timeout)
  assert.deepEqual(third, { origins: [], accounts: [], queuedForMs: undefined })
  assert.deepEqual({ ...again, queuedForMs: 0 }, { ...first, queuedForMs: 0 })
})
