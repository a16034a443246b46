import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'
import { type PinningApp, startPinningApp } from './testing/pinning-app.ts'
import { cidOf, v0, v1 } from './testing/test-cids.ts'

const timeout = 20_000
let app: PinningApp
let user: Awaited<ReturnType<PinningApp['client']>>
before(async () => {
  app = await startPinningApp()
  user = await app.client('alice')
})
after(() => app[Symbol.asyncDispose]())

const json = (headers: Record<string, unknown>) => assert.equal(headers['content-type'], 'application/json')

test('a pin is kept with 202, and read back at once as it was sent', { timeout }, async () => {
  const woken = app.wakes()
  const sent = { cid: v0, name: 'Ärger/mfs', meta: { app: 'test', empty: '' } }
  const { status, headers, body } = await user.add(sent)
  assert.equal(status, 202)
  json(headers)
  assert.deepEqual(body.pin, sent)
  assert.equal(body.status, 'queued')
  assert.match(body.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(Object.keys(body), ['requestid', 'status', 'created', 'pin', 'delegates', 'info'])
  assert.equal(app.wakes(), woken + 1)
  const read = await user.get(body.requestid)
  assert.equal(read.status, 200)
  json(read.headers)
  const { queue_position: _place, status_details: _details, ...info } = read.body.info
  assert.deepEqual({ ...read.body, info }, { ...body, info: {} })
})

test('what was not sent is left out, and what clients send as null counts as not sent', {
  timeout,
}, async () => {
  for (const pin of [
    { cid: v0 },
    { cid: v0, name: null, origins: null, meta: null },
    { cid: v0, name: '', origins: [], meta: {}, more: 1 },
  ]) {
    const { status, body } = await user.add(pin)
    assert.equal(status, 202)
    assert.deepEqual(body.pin, { cid: v0 })
  }
})

test('the same CID again is another pin, and no two are of one time', { timeout }, async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => user.add({ cid: cidOf('again') })))
  const bodies = answers.map(({ body }) => body)
  assert.equal(new Set(bodies.map(({ requestid }) => requestid)).size, 20)
  assert.equal(new Set(bodies.map(({ created }) => created)).size, 20)
})

test('the CID is repeated in the form in which it was sent', { timeout }, async () => {
  for (const cid of [v0, v1, CID.parse(v1).toString(base36)])
    assert.equal((await user.add({ cid })).body.pin.cid, cid)
})

test('a pin can be deleted at any status, and is gone from the count at once', { timeout }, async () => {
  const other = await app.client('deleter')
  const states = ['queued', 'pinning', 'pinned', 'failed'] as const
  for (const state of states) {
    const cid = cidOf(`delete ${state}`)
    const { body } = await other.add({ cid })
    await app.setState(cid, { state })
    const listed = () => other.list('?status=queued,pinning,pinned,failed')
    assert.equal((await listed()).body.count, 1)
    const woken = app.wakes()
    const { status, text, headers } = await other.remove(body.requestid)
    assert.deepEqual([status, text], [202, ''])
    json(headers)
    assert.equal(app.wakes(), woken + 1)
    assert.deepEqual((await listed()).body, { count: 0, results: [] })
    assert.equal((await other.get(body.requestid)).status, 404)
    assert.equal((await other.remove(body.requestid)).status, 404)
  }
})

test('a replacement has a new requestid and nothing of the old pin, which is gone', { timeout }, async () => {
  const { body: old } = await user.add({ cid: cidOf('old'), name: 'old', meta: { old: 'yes' } })
  const { status, body } = await user.replace(old.requestid, { cid: cidOf('new') })
  assert.equal(status, 202)
  assert.notEqual(body.requestid, old.requestid)
  assert.ok(body.created > old.created)
  assert.deepEqual(body.pin, { cid: cidOf('new') })
  assert.equal((await user.get(old.requestid)).status, 404)
  assert.equal((await user.get(body.requestid)).status, 200)
  assert.equal((await user.replace(old.requestid, { cid: v0 })).status, 404)
})

test('a replacement with the same CID changes name and metadata, and stays pinned', { timeout }, async () => {
  const cid = cidOf('same')
  const { body: old } = await user.add({ cid, name: 'before' })
  await app.setState(cid, { state: 'pinned' })
  const { status, body } = await user.replace(old.requestid, { cid, name: 'after', meta: { a: 'b' } })
  assert.equal(status, 202)
  assert.equal(body.status, 'pinned')
  assert.deepEqual(body.pin, { cid, name: 'after', meta: { a: 'b' } })
  assert.equal((await user.list(`?cid=${cid}`)).body.count, 1)
})

test('content that is stored is pinned at once, by whomever', { timeout }, async () => {
  const cid = cidOf('stored')
  await user.add({ cid })
  await app.setState(cid, { state: 'pinned' })
  assert.equal((await user.add({ cid })).body.status, 'pinned')
  assert.equal((await (await app.client('newcomer')).add({ cid })).body.status, 'pinned')
})

test('a bad replacement leaves the old pin as it was', { timeout }, async () => {
  const { body: old } = await user.add({ cid: v0, name: 'stays' })
  assert.equal((await user.replace(old.requestid, { cid: 'nonsense' })).status, 400)
  assert.equal((await user.replace(old.requestid, { cid: v0, meta: { a: 1 } })).status, 400)
  assert.deepEqual((await user.get(old.requestid)).body.pin, { cid: v0, name: 'stays' })
})

test('a failed pin can be asked for again: it is queued', { timeout }, async () => {
  const cid = cidOf('fails')
  const { body: failed } = await user.add({ cid })
  await app.setState(cid, { state: 'failed', failureCode: 'not-found', failureMessage: 'nobody' })
  assert.equal((await user.get(failed.requestid)).body.status, 'failed')
  assert.equal((await user.replace(failed.requestid, { cid })).body.status, 'queued')
})

test('a pin of ipfs-cluster and one of this API do not see each other', { timeout }, async () => {
  const cid = cidOf('both')
  const other = await app.client('default')
  const { body } = await other.add({ cid })
  const authorization = `Basic ${Buffer.from('user:secret').toString('base64')}`
  const cluster = (method: 'GET' | 'POST' | 'DELETE') =>
    app.request(method, `/pins/${cid}`, { headers: { authorization } })
  assert.equal((await cluster('POST')).status, 200)
  assert.equal((await other.list('?status=queued')).body.count, 1)
  assert.equal((await other.remove(body.requestid)).status, 202)
  const [peer] = Object.values((await cluster('GET')).body.peer_map) as { status: string }[]
  assert.equal(peer?.status, 'pin_queued')
})

test('origins are cleaned, and too many of them are no error', { timeout }, async () => {
  const peer = '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY'
  const origins = [
    ...Array.from({ length: 54 }, (_, i) => `/ip4/1.2.3.${i + 1}/tcp/4001/p2p/${peer}`),
    `/ip4/1.2.3.1/tcp/4001/p2p/${peer}`,
    `/ip4/127.0.0.1/tcp/4001/p2p/${peer}`,
    '/ip4/1.2.3.4/tcp/4001',
    'nonsense',
    7,
  ]
  const { status, body } = await user.add({ cid: v0, origins })
  assert.equal(status, 202)
  assert.deepEqual(body.pin.origins, origins.slice(0, 20))
  const junk = await user.add({ cid: v0, origins: ['nonsense', ''] })
  assert.deepEqual(junk.body.pin, { cid: v0 })
})
