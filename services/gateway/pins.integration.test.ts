import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { pins } from '#libs/db/index.ts'
import { startTestApp, statusOf, type TestApp } from './testing/test-app.ts'

const timeout = 20_000
const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
const v1 = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'
const a = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
const b = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const origin = '/ip4/1.2.3.4/tcp/4001/p2p/12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY'
const never = '0001-01-01T00:00:00Z'
const wholeSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

let app: TestApp
before(async () => {
  app = await startTestApp()
})
after(() => app[Symbol.asyncDispose]())
beforeEach(() => app.db.delete(pins))

test('the options of a pin are kept, and read back as ipfs-cluster reads them', { timeout }, async () => {
  const query = `replication-min=1&replication-max=2&name=n&shard-size=7&meta-b=2&meta-a=1&expire-in=72h&origins=${origin}`
  const made = await app.json('POST', `/pins/${a}?${query}`)
  const read = await app.json('GET', `/allocations/${a}`)
  assert.deepEqual(Object.keys(read), Object.keys(made))
  assert.match(read.timestamp, wholeSeconds)
  assert.match(read.expire_at, wholeSeconds)
  assert.deepEqual(
    { ...read, timestamp: made.timestamp, expire_at: made.expire_at },
    { ...made, user_allocations: null },
  )
  assert.deepEqual([read.replication_factor_min, read.replication_factor_max], [1, 2])
  assert.deepEqual([read.allocations, read.shard_size, read.origins], [[app.peerId], 7, [origin]])
  assert.equal(JSON.stringify(read.metadata), '{"a":"1","b":"2"}')
  const status = await app.json('GET', `/pins/${a}`)
  assert.deepEqual(
    [status.name, status.allocations, status.origins, status.metadata, status.created],
    ['n', [app.peerId], [origin], { a: '1', b: '2' }, read.timestamp],
  )
})

test('pinning again overwrites every option and starts a new time', { timeout }, async () => {
  const first = await app.json(
    'POST',
    `/pins/${a}?name=first&meta-k=v&replication=1&expire-in=1h&origins=${origin}`,
  )
  const second = await app.json('POST', `/pins/${a}?name=second`)
  assert.deepEqual(
    [second.name, second.metadata, second.replication_factor_max, second.expire_at, second.origins],
    ['second', {}, -1, never, null],
  )
  assert.ok(Date.parse(second.timestamp) > Date.parse(first.timestamp))
  const read = await app.json('GET', `/allocations/${a}`)
  assert.deepEqual(
    [read.name, read.metadata, read.replication_factor_max, read.expire_at, read.origins, read.allocations],
    ['second', null, -1, never, [], []],
  )
  assert.equal(await app.pinCount(), 1)
})

test('a direct pin by path is direct, one by CID goes to the bottom', { timeout }, async () => {
  const byPath = await app.json('POST', `/pins/ipfs/${a}?mode=direct`)
  assert.deepEqual([byPath.mode, byPath.max_depth], ['direct', 0])
  const byCid = await app.json('POST', `/pins/${b}?mode=direct`)
  assert.deepEqual([byCid.mode, byCid.max_depth], ['direct', -1])
  const read = await app.lines('GET', '/allocations')
  assert.deepEqual(
    read.map(({ cid, mode, max_depth }) => [cid, mode, max_depth]),
    [
      [a, 'direct', 0],
      [b, 'recursive', -1],
    ],
  )
})

test('a recursive pin does not become direct; a direct one becomes recursive', { timeout }, async () => {
  await app.json('POST', `/pins/ipfs/${a}?mode=direct`)
  await app.json('POST', `/pins/ipfs/${a}?mode=direct`)
  assert.equal((await app.json('POST', `/pins/ipfs/${a}`)).max_depth, -1)
  for (const target of [`/pins/ipfs/${a}?mode=direct&name=no`, `/pins/${a}?mode=direct&name=no`]) {
    const { status, text } = await app.call('POST', target)
    assert.equal(status, 400)
    assert.deepEqual(JSON.parse(text), {
      code: 400,
      message:
        'cannot repin a CID which is already pinned in recursive mode (new pin is pinned as direct). Unpin it first.',
    })
  }
  assert.equal((await app.json('GET', `/allocations/${a}`)).name, '')
})

test('pin-update takes over the options of another pin, under a new name and expiry', {
  timeout,
}, async () => {
  await app.json('POST', `/pins/ipfs/${v0}?mode=direct&name=old&meta-k=v&shard-size=7&origins=${origin}`)
  const copied = await app.json('POST', `/pins/${a}?pin-update=${v0}&meta-k=new&replication=1`)
  assert.deepEqual(
    [copied.cid, copied.name, copied.mode, copied.max_depth, copied.metadata, copied.origins],
    [a, 'old', 'direct', 0, { k: 'v' }, [origin]],
  )
  assert.deepEqual(
    [copied.pin_update, copied.replication_factor_max, copied.shard_size, copied.expire_at],
    [v0, -1, 7, never],
  )
  const renamed = await app.json(
    'POST',
    `/pins/ipfs/${b}?pin-update=${v1}&name=new&expire-at=2130-01-01T00:00:00Z`,
  )
  assert.deepEqual([renamed.name, renamed.expire_at, renamed.pin_update], ['new', '2130-01-01T00:00:00Z', v1])
  assert.equal((await app.json('GET', `/allocations/${v0}`)).name, 'old')
  assert.equal((await app.json('GET', `/allocations/${b}`)).pin_update, v1)
})

test('pin-update of a CID that is not pinned is 404; of the CID itself it is a plain pin', {
  timeout,
}, async () => {
  const { status, text } = await app.call('POST', `/pins/${a}?pin-update=${b}`)
  assert.equal(status, 404)
  assert.deepEqual(JSON.parse(text), { code: 404, message: 'pin is not part of the pinset' })
  assert.equal(await app.pinCount(), 0)
  const plain = await app.json('POST', `/pins/${v0}?pin-update=${v1}&name=plain&meta-k=v`)
  assert.deepEqual([plain.cid, plain.name, plain.metadata, plain.pin_update], [v0, 'plain', { k: 'v' }, v1])
})

test('unpinning gives the pin as it was; from then on it is unpinned and no allocation', {
  timeout,
}, async () => {
  await app.json('POST', `/pins/${v0}?name=n`)
  const stored = await app.json('GET', `/allocations/${v1}`)
  const woken = app.wakes()
  assert.deepEqual(await app.json('DELETE', `/pins/${v1}`), stored)
  assert.equal(app.wakes(), woken + 1)
  const status = await app.json('GET', `/pins/${v0}`)
  assert.deepEqual([statusOf(status), status.name, status.origins], ['unpinned', '', null])
  for (const [method, target] of [
    ['GET', `/allocations/${v0}`],
    ['DELETE', `/pins/${v0}`],
    ['DELETE', `/pins/ipfs/${v0}`],
  ] as const) {
    const { status: code, text } = await app.call(method, target)
    assert.equal(code, 404)
    assert.deepEqual(JSON.parse(text), { code: 404, message: 'pin is not part of the pinset' })
  }
})

test('a failed pin shows what ipfs-cluster shows, starts again by recover, and only then', {
  timeout,
}, async () => {
  await app.json('POST', `/pins/${a}`)
  await app.failContent(a)
  const [failed] = Object.values((await app.json('GET', `/pins/${a}`)).peer_map) as Record<string, unknown>[]
  assert.deepEqual(
    [failed?.['status'], failed?.['error'], failed?.['attempt_count'], failed?.['priority_pin']],
    [
      'pin_error',
      'stalled: nothing came. The transfer stopped making progress. Check the provider, then pin again.',
      3,
      true,
    ],
  )
  const woken = app.wakes()
  assert.equal(statusOf(await app.json('POST', `/pins/${a}/recover`)), 'pin_queued')
  assert.equal(app.wakes(), woken + 1)
  assert.equal(statusOf(await app.json('POST', `/pins/${a}/recover?local=true`)), 'pin_queued')
  assert.equal(statusOf(await app.json('POST', `/pins/${b}/recover`)), 'unpinned')
  assert.equal(app.wakes(), woken + 1)
})

test('recovering all starts the failed pins and answers with them alone', { timeout }, async () => {
  for (const cid of [a, b, v1]) await app.json('POST', `/pins/${cid}`)
  for (const cid of [b, v1]) await app.failContent(cid)
  const recovered = await app.lines('POST', '/pins/recover?local=false')
  assert.deepEqual(
    recovered.map(info => [info.cid, statusOf(info)]),
    [
      [b, 'pin_queued'],
      [v1, 'pin_queued'],
    ],
  )
  const { status, text } = await app.call('POST', '/pins/recover')
  assert.deepEqual([status, text], [200, ''])
})
