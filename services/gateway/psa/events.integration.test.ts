import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { LiveJob } from '#libs/bus/index.ts'
import { pins, revokeToken } from '#libs/db/index.ts'
import { followEvents } from './testing/follow-events.ts'
import { type PinningApp, startPinningApp } from './testing/pinning-app.ts'
import { cidOf } from './testing/test-cids.ts'

const timeout = 60_000
type Client = Awaited<ReturnType<PinningApp['client']>>
const quick = { WATCH_INTERVAL_MS: '20', WATCH_HEARTBEAT_MS: '200' }
const job: LiveJob = {
  phase: 'transferring',
  attempt: 1,
  worker: 'w',
  dagBytes: 1_000,
  dagBlocks: 3,
  carBytes: 500,
}

const liveJobs = new Map<string, LiveJob>()
let app: PinningApp
let user: Client
let url: string
before(async () => {
  app = await startPinningApp({ liveJobs, settings: quick })
  url = await app.app.listen({ host: '127.0.0.1', port: 0 })
  user = await app.client('watcher')
})
after(() => app[Symbol.asyncDispose]())

const eventsOf = (requestId: string, { token } = user, headers = {}) =>
  followEvents(`${url}/psa/pins/${requestId}/events`, token, headers)
/** The next event, which has to be a status. */
async function statusFrom(stream: Awaited<ReturnType<typeof eventsOf>>) {
  const event = await stream.next()
  assert.ok(event && 'data' in event, 'the stream has ended')
  assert.equal(event.name, 'message')
  return event.data
}
const failure = { state: 'failed', failureCode: 'stalled', failureMessage: 'nothing came' } as const

test('each change is told as GET shows it, until the pin is pinned', { timeout }, async () => {
  const cid = cidOf('until pinned')
  const { body: pin } = await user.add({ cid })
  using stream = await eventsOf(pin.requestid)
  assert.equal(stream.status, 200)
  assert.equal(stream.headers['content-type'], 'text/event-stream')
  assert.equal(stream.headers['access-control-allow-origin'], '*')
  assert.deepEqual(await statusFrom(stream), (await user.get(pin.requestid)).body)
  await app.setState(cid, { state: 'pinning' })
  assert.equal((await statusFrom(stream)).status, 'pinning')
  liveJobs.set(cid, job)
  assert.equal((await statusFrom(stream)).info.bytes_fetched, '1000')
  liveJobs.set(cid, { ...job, dagBytes: 2_000 })
  assert.equal((await statusFrom(stream)).info.bytes_fetched, '2000')
  await app.setState(cid, { state: 'pinned' })
  assert.deepEqual(await statusFrom(stream), (await user.get(pin.requestid)).body)
  assert.equal(await stream.next(), undefined)
})

test('the place in the queue is told when it changes', { timeout }, async () => {
  const { body: first } = await user.add({ cid: cidOf('first in the queue') })
  const { body: second } = await user.add({ cid: cidOf('second in the queue') })
  using stream = await eventsOf(second.requestid)
  const place = Number((await statusFrom(stream)).info.queue_position)
  await user.remove(first.requestid)
  assert.equal(Number((await statusFrom(stream)).info.queue_position), place - 1)
})

test('a pin that fails ends the stream with the reason', { timeout }, async () => {
  const cid = cidOf('fails')
  const { body: pin } = await user.add({ cid })
  using stream = await eventsOf(pin.requestid)
  await statusFrom(stream)
  await app.setState(cid, failure)
  const { status, info } = await statusFrom(stream)
  assert.deepEqual([status, info.failure_code], ['failed', 'stalled'])
  assert.equal(await stream.next(), undefined)
})

test('a pin that is final is told at once, whatever the reader says it has seen', { timeout }, async () => {
  const cid = cidOf('final')
  const { body: pin } = await user.add({ cid })
  await app.setState(cid, { state: 'pinned' })
  for (const id of ['7', '', 'nonsense\u00e4', 'x'.repeat(2_000)]) {
    using stream = await eventsOf(pin.requestid, user, { 'last-event-id': id })
    assert.equal((await statusFrom(stream)).status, 'pinned')
    assert.equal(await stream.next(), undefined)
  }
})

test('a pin that is deleted or replaced ends the stream and says so', { timeout }, async () => {
  const { body: pin } = await user.add({ cid: cidOf('deleted') })
  using stream = await eventsOf(pin.requestid)
  await statusFrom(stream)
  await user.replace(pin.requestid, { cid: cidOf('replaced') })
  assert.deepEqual(await stream.next(), { name: 'deleted', data: { requestid: pin.requestid } })
  assert.equal(await stream.next(), undefined)
})

test('comments come while nothing happens', { timeout }, async () => {
  const { body: pin } = await user.add({ cid: cidOf('quiet') })
  using stream = await eventsOf(pin.requestid)
  await statusFrom(stream)
  for (let i = 0; i < 3; i++) assert.deepEqual(await stream.next({ comments: true }), { comment: ':' })
})

test('a token that is revoked ends its streams, and no other', { timeout }, async () => {
  const [revoked, valid] = [await app.client('watcher'), await app.client('watcher')]
  const cid = cidOf('revoked')
  const { body: pin } = await user.add({ cid })
  using ending = await eventsOf(pin.requestid, revoked)
  using staying = await eventsOf(pin.requestid, valid)
  for (const stream of [ending, staying]) await statusFrom(stream)
  await revokeToken(app.db, revoked.tokenId, 'test')
  assert.equal(await ending.next(), undefined)
  await app.setState(cid, failure)
  assert.equal((await statusFrom(staying)).status, 'failed')
})

test('the streams of a token and of the process are counted, and free again at their end', {
  timeout,
}, async () => {
  await using small = await startPinningApp({ settings: { ...quick, MAX_WATCHERS: '2' } })
  const port = await small.app.listen({ host: '127.0.0.1', port: 0 })
  const [one, two, three] = [await small.client('a'), await small.client('a'), await small.client('a')]
  const { body: pin } = await one.add({ cid: cidOf('counted') })
  const follow = ({ token }: Client) => followEvents(`${port}/psa/pins/${pin.requestid}/events`, token)
  const first = await follow(one)
  using refused = await follow(one)
  assert.equal(refused.status, 429)
  using second = await follow(two)
  using full = await follow(three)
  assert.deepEqual([second.status, full.status], [200, 503])
  assert.match(String(full.headers['retry-after']), /^\d+$/)
  first[Symbol.dispose]()
  const again = async () => {
    using stream = await follow(three)
    assert.equal(stream.status, 200)
  }
  await pollUntil(again, { what: 'a free place', timeoutMs: 10_000, intervalMs: 20 })
})

test('streams leave room for all other requests', { timeout }, async () => {
  const settings = { ...quick, MAX_WATCHERS: '8', MAX_PENDING_REQUESTS: '2' }
  await using small = await startPinningApp({ settings })
  const port = await small.app.listen({ host: '127.0.0.1', port: 0 })
  const client = await small.client('a')
  const { body: pin } = await client.add({ cid: cidOf('many streams') })
  const follow = () => followEvents(`${port}/psa/pins/${pin.requestid}/events`, client.token)
  using first = await follow()
  using second = await follow()
  assert.deepEqual([first.status, second.status], [200, 200])
  assert.equal((await client.get(pin.requestid)).status, 200)
})

test('when the server stops its streams end, and it does not wait for them', { timeout }, async () => {
  const stopping = await startPinningApp({ settings: quick })
  const port = await stopping.app.listen({ host: '127.0.0.1', port: 0 })
  const client = await stopping.client('stopping')
  const { body: pin } = await client.add({ cid: cidOf('stopping') })
  using stream = await followEvents(`${port}/psa/pins/${pin.requestid}/events`, client.token)
  await stream.next()
  const stopped = stopping[Symbol.asyncDispose]()
  const last = await stream.next({ comments: true })
  assert.match(last && 'comment' in last ? last.comment : '', /^: ./)
  assert.equal(await stream.next(), undefined)
  assert.equal(stream.response.complete, true)
  await stopped
})

test('a reader that takes nothing is cut off', { timeout }, async () => {
  const jobs = new Map<string, LiveJob>()
  const settings = { ...quick, WATCH_INTERVAL_MS: '1', STREAM_STALL_TIMEOUT_MS: '500' }
  await using stalling = await startPinningApp({ liveJobs: jobs, settings })
  const port = await stalling.app.listen({ host: '127.0.0.1', port: 0 })
  const client = await stalling.client('stalling')
  const cid = cidOf('stalled')
  // Large, so that few events fill what the system buffers.
  const meta = { large: 'x'.repeat(500_000) }
  const { body: pin } = await client.add({ cid })
  await stalling.db.update(pins).set({ meta })
  using stream = await followEvents(`${port}/psa/pins/${pin.requestid}/events`, client.token)
  stream.response.pause()
  const changing = setInterval(() => jobs.set(cid, { ...job, dagBytes: Math.floor(performance.now()) }), 1)
  const connections = promisify(stalling.app.server.getConnections.bind(stalling.app.server))
  const isCut = async () => assert.equal(await connections(), 0)
  await pollUntil(isCut, { what: 'the end of the connection', timeoutMs: 30_000, intervalMs: 50 })
  clearInterval(changing)
})

test('who may not see a pin is told as by GET', { timeout }, async () => {
  const stranger = await app.client('stranger')
  const { body: pin } = await user.add({ cid: cidOf('secret') })
  for (const [answer, status] of [
    [await eventsOf(pin.requestid, stranger), 404],
    [await eventsOf('nonsense'), 404],
    [await eventsOf(pin.requestid, { ...user, token: 'none' }), 401],
  ] as const) {
    assert.equal(answer.status, status)
    assert.equal(answer.headers['content-type'], 'application/json')
    answer[Symbol.dispose]()
  }
})
