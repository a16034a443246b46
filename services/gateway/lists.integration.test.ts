import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ContentState, contents, pins } from '#libs/db/index.ts'
import { startTestApp, statusOf, type TestApp } from './testing/test-app.ts'

const timeout = 30_000
const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
const v1 = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'
const unknown = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
const counts = { queued: 601, pinning: 2, pinned: 503, failed: 3 } as const
const nthCid = (state: string, n: number) => `${state}-${String(n).padStart(4, '0')}`
/** Not all of them are CIDs: a list does not look at what it lists. */
const storedCids = Object.entries(counts).flatMap(([state, count]) =>
  Array.from({ length: count }, (_, n) => nthCid(state, n)),
)

let app: TestApp
before(async () => {
  app = await startTestApp({ settings: { MAX_STATUS_CIDS: '3' } })
  const stateOf = (cid: string) => cid.slice(0, -5) as ContentState
  await app.db
    .insert(contents)
    .values(storedCids.map(cid => ({ cid, generation: 1, state: stateOf(cid), carCid: 'bag' })))
  await app.db.insert(pins).values(
    storedCids.map(cid => ({
      requestId: cid,
      account: 'default',
      api: 'cluster' as const,
      cid,
      sentCid: cid,
      state: stateOf(cid),
    })),
  )
  await app.db.insert(pins).values({
    requestId: 'other',
    account: 'default',
    api: 'psa',
    cid: nthCid('pinned', 0),
    sentCid: nthCid('pinned', 0),
    state: 'pinned',
  })
})
after(() => app[Symbol.asyncDispose]())

const cidsOf = (infos: { cid: string }[]) => infos.map(({ cid }) => cid)
const storedIn = (...states: string[]) =>
  storedCids.filter(cid => states.includes(cid.slice(0, -5))).toSorted()

test('the list of all states has every pin once, over many pages', { timeout }, async () => {
  assert.deepEqual(cidsOf(await app.lines('GET', '/pins')), storedCids.toSorted())
  assert.equal((await app.lines('GET', '/pins?local=true')).length, storedCids.length)
})

for (const [filter, states] of [
  ['pinned', ['pinned']],
  ['pin_queued', ['queued']],
  ['queued', ['queued']],
  ['error', ['failed']],
  ['pinned,pin_error,error', ['pinned', 'failed']],
  ['pinning,+pin_queued,bogus', ['pinning', 'queued']],
  ['remote,unpinned,sharded', []],
] as const) {
  test(`the filter ${filter} lists ${states.length} of the states`, { timeout }, async () => {
    assert.deepEqual(cidsOf(await app.lines('GET', `/pins?filter=${filter}`)), storedIn(...states))
  })
}

test('allocations are listed too, and the types of others have none', { timeout }, async () => {
  const all = await app.lines('GET', '/allocations')
  assert.deepEqual(cidsOf(all), storedCids.toSorted())
  assert.equal(all[0].type, 'pin')
  assert.equal((await app.lines('GET', '/allocations?filter=all')).length, storedCids.length)
  assert.deepEqual(await app.lines('GET', '/allocations?filter=meta-pin,shard-pin'), [])
})

test('CIDs that are named come in order, twice when named twice, whatever the filter says', {
  timeout,
}, async () => {
  await app.json('POST', `/pins/${v0}`)
  const infos = await app.lines('GET', `/pins?cids=${unknown},${v0},${v1}&filter=bogus&local=true`)
  assert.deepEqual(
    infos.map(info => [info.cid, statusOf(info)]),
    [
      [unknown, 'unpinned'],
      [v0, 'pin_queued'],
      [v1, 'pin_queued'],
    ],
  )
  await app.json('DELETE', `/pins/${v0}`)
})

test('one bad CID refuses the whole call, and so do too many', { timeout }, async () => {
  for (const cids of [`${v0},nonsense`, `${v0},`, ',', `${v0},${v0},${v0},${v0}`]) {
    const { status, text } = await app.call('GET', `/pins?cids=${cids}`)
    assert.equal(status, 400, cids)
    assert.equal(JSON.parse(text).code, 400)
  }
})

test('a list is announced and ended as in ipfs-cluster', { timeout }, async () => {
  const { headers, trailers, text } = await app.call('GET', '/pins?filter=pinning')
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(String(headers['trailer']).toLowerCase(), 'x-stream-error')
  assert.deepEqual(trailers, { 'x-stream-error': '' })
  assert.ok(text.endsWith('}\n'))
})

test('an empty list is 200 without a body, or 204 where so set', { timeout }, async () => {
  assert.deepEqual(await app.lines('GET', '/pins?filter=sharded'), [])
  await using strict = await startTestApp({ settings: { EMPTY_LIST_STATUS: '204' } })
  for (const [method, target] of [
    ['GET', '/pins'],
    ['GET', '/allocations'],
    ['POST', '/pins/recover'],
  ] as const) {
    const { status, text } = await strict.call(method, target)
    assert.deepEqual([status, text], [204, ''], target)
  }
})
