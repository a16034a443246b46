import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Check } from 'typebox/schema'
import { type Bus, openDeadLetters, publishBody, readQueues } from '#libs/bus/index.ts'
import { storeLetter } from '#libs/bus/testing/store-letter.ts'
import { startTestBus, type TestBus } from '#libs/bus/testing/test-bus.ts'
import { endOfLetter, leasesOf } from '#libs/db/index.ts'
import { storedPins } from '#libs/db/testing/stored-pins.ts'
import { carIndexed, pinRequested } from '#libs/events/index.ts'
import { type PinningApp, startPinningApp } from '../psa/testing/pinning-app.ts'
import { cidOf } from '../psa/testing/test-cids.ts'
import type { NatsView } from './operator-api.ts'

const timeout = 30_000
const routes = [
  ['GET', '/operator/overview'],
  ['GET', '/operator/dead-letters'],
  ['GET', '/operator/dead-letters/1'],
  ['POST', '/operator/dead-letters/1/replay'],
  ['DELETE', '/operator/dead-letters/1'],
] as const

let bus: TestBus
let gateway: Bus
let view: NatsView
let app: PinningApp
let token: string
before(async () => {
  bus = await startTestBus()
  // With the rights that a gateway has.
  gateway = await bus.connect('gateway')
  view = {
    readQueues: () => readQueues(gateway),
    letters: await openDeadLetters(gateway),
    publish: message => publishBody(gateway, message),
  }
  const job = {
    phase: 'transferring',
    attempt: 1,
    worker: 'w',
    dagBytes: 1,
    dagBlocks: 1,
    carBytes: 1,
  } as const
  app = await startPinningApp({ natsView: () => view, liveJobs: new Map([['a', job]]) })
  token = (await app.client('olga', ['admin'])).token
})
after(async () => {
  await app[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  await bus[Symbol.asyncDispose]()
})

const ask = (method: 'GET' | 'POST' | 'DELETE', path: string) =>
  app.request(method, `/operator/${path}`, { token })
/** A pin that has failed, and the letter of its job. */
async function failedPin(name: string) {
  const cid = cidOf(name)
  const pins = storedPins(app.db)
  await pins.accept(cid)
  await pins.setState(cid, 'failed', { failureCode: 'worker-lost', failureMessage: 'x' })
  const body = pinRequested.encode(`${cid}.1.requested`, { cid, generation: 1 })
  return { cid, id: await storeLetter(bus, { subject: 'pin.requested', body }) }
}

test('no route answers without a token, nor to one without the scope admin', { timeout }, async () => {
  const { token: ordinary } = await app.client('paul', ['read', 'write'])
  for (const [method, path] of routes) {
    const nobody = await app.request(method, path)
    assert.deepEqual([nobody.status, nobody.body.error.reason], [401, 'UNAUTHORIZED'], path)
    const refused = await app.request(method, path, { token: ordinary })
    assert.deepEqual([refused.status, refused.body.error.reason], [403, 'FORBIDDEN'], path)
    assert.match(String(refused.headers['www-authenticate']), /scope="admin"/)
  }
})

test('the overview has queues, workers and sixty minutes, in the shape of the document', {
  timeout,
}, async () => {
  const { cid } = await failedPin('leased')
  await storedPins(app.db).setState(cid, 'pinning')
  const leases = leasesOf(app.db, { owner: 'fetcher/w', leaseMs: 60_000 })
  await leases.claim({ cid, step: 'fetch', generation: 1 })
  const { status, body } = await ask('GET', 'overview')
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(
    body.consumers.map(({ consumer }: { consumer: string }) => consumer),
    ['fetcher', 'validator', 'status', 'indexer-bridge', 'dead-letter-router'],
  )
  assert.deepEqual(
    [body.workers.length, body.workers[0].worker, body.workers[0].locating],
    [1, 'fetcher/w', 1],
  )
  assert.equal(body.finished.length, 60)
  const { paths } = (await app.request('GET', '/openapi.json')).body
  const schema = paths['/operator/overview'].get.responses[200].content['application/json'].schema
  assert.ok(Check(schema, body))
})

test('letters are listed in pages and shown with their message', { timeout }, async () => {
  const [one, two] = [await failedPin('listed 1'), await failedPin('listed 2')]
  const first = await ask('GET', `dead-letters?limit=1&after=${one.id - 1}`)
  assert.deepEqual([first.status, first.body.letters[0].id, first.body.next], [200, one.id, one.id])
  assert.equal(first.body.letters[0].body, undefined)
  const second = await ask('GET', `dead-letters?after=${first.body.next}`)
  assert.deepEqual([second.body.letters.at(-1).id, second.body.next], [two.id, null])
  const shown = await ask('GET', `dead-letters/${one.id}`)
  assert.equal(JSON.parse(shown.body.body).data.cid, one.cid)
})

test('a replay starts the pin anew, once, and the audit has the account of the token', {
  timeout,
}, async () => {
  const { id, cid } = await failedPin('replayed')
  const letter = (await view.letters.get(id)) ?? assert.fail()
  const wakes = app.wakes()
  const { status, body } = await ask('POST', `dead-letters/${id}/replay`)
  assert.deepEqual([status, body], [200, { id, outcome: 'restarted' }])
  assert.equal(app.wakes(), wakes + 1)
  const content = await storedPins(app.db).content(cid)
  assert.deepEqual([content?.state, content?.generation], ['queued', 2])
  const end = await endOfLetter(app.db, letter.key)
  assert.deepEqual([end?.actor, end?.outcome], ['operator:olga', 'restarted'])
  assert.equal((await ask('POST', `dead-letters/${id}/replay`)).status, 404)
})

test('what a producer has asked for is asked for again', { timeout }, async () => {
  const body = pinRequested.encode('producer-1', { cid: cidOf('of a producer') })
  const id = await storeLetter(bus, { subject: 'pin.requested', body })
  assert.equal((await ask('POST', `dead-letters/${id}/replay`)).body.outcome, 'republished')
  assert.equal((await readQueues(gateway)).streams.find(({ stream }) => stream === 'PIN_JOBS')?.messages, 1)
})

test('an event of a worker is not sent by a gateway, and its letter stays', { timeout }, async () => {
  const body = carIndexed.encode('x.indexed', { cid: 'x', generation: 1, carCid: 'bag', announced: true })
  const id = await storeLetter(bus, { subject: 'car.indexed', body })
  const { status, body: refusal } = await ask('POST', `dead-letters/${id}/replay`)
  assert.deepEqual([status, refusal.error.reason], [422, 'UNPROCESSABLE_CONTENT'])
  assert.match(refusal.error.details, /npm run dlq/)
  assert.ok(await view.letters.get(id))
})

test('a letter that would only come back is refused with the reason', { timeout }, async () => {
  const { id, cid } = await failedPin('running')
  await storedPins(app.db).setState(cid, 'pinning')
  const { status, body } = await ask('POST', `dead-letters/${id}/replay`)
  assert.equal(status, 422)
  assert.match(body.error.details, /has not failed/)
})

test('a discarded letter is gone, its pin stays as it is, and the audit says who did it', {
  timeout,
}, async () => {
  const { id, cid } = await failedPin('discarded')
  const { key } = (await view.letters.get(id)) ?? assert.fail()
  assert.deepEqual((await ask('DELETE', `dead-letters/${id}`)).body, { id, outcome: 'discarded' })
  assert.equal((await ask('DELETE', `dead-letters/${id}`)).status, 404)
  assert.equal((await storedPins(app.db).content(cid))?.state, 'failed')
  assert.deepEqual((await endOfLetter(app.db, key))?.actor, 'operator:olga')
})

test('numbers that are none are 400', { timeout }, async () => {
  for (const path of [
    'dead-letters?limit=51',
    'dead-letters?limit=0',
    'dead-letters?after=x',
    'dead-letters/x',
  ])
    assert.equal((await ask('GET', path)).status, 400, path)
})

test('while NATS is away every route is 503 with Retry-After', { timeout }, async () => {
  await using away = await startPinningApp()
  const { token: admin } = await away.client('olga', ['admin'])
  for (const [method, path] of routes) {
    const { status, headers } = await away.request(method, path, { token: admin })
    assert.deepEqual([status, headers['retry-after']], [503, '5'], path)
  }
})
