import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contents, eq, leasesOf } from '#libs/db/index.ts'
import { type PinningApp, startPinningApp } from './testing/pinning-app.ts'
import { cidOf } from './testing/test-cids.ts'

const timeout = 20_000
const traceId = '0af7651916cd43dd8448eb211c80319c'
let app: PinningApp
before(async () => {
  app = await startPinningApp({
    settings: {
      TRACE_URL_TEMPLATE: 'http://traces.example/{traceId}?from=pickup',
      AWS_ENDPOINT_URL_S3: 'http://store.example',
      AWS_REGION: 'us-east-1',
    },
  })
  process.env['AWS_ACCESS_KEY_ID'] = 'key'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret'
})
after(() => app[Symbol.asyncDispose]())

test('an account knows its name, its rights and how many pins it has in each state', {
  timeout,
}, async () => {
  const user = await app.client('counted')
  const ask = async () => (await app.request('GET', '/psa/account', { token: user.token })).body
  const none = { queued: 0, pinning: 0, pinned: 0, failed: 0 }
  const limits = { maxPendingPins: null, maxPinnedBytes: null }
  assert.deepEqual(await ask(), { account: 'counted', scopes: ['read', 'write'], pins: none, limits })
  for (const name of ['a', 'b', 'c']) await user.add({ cid: cidOf(name) })
  await app.setState(cidOf('a'), { state: 'pinned' })
  await app.setState(cidOf('b'), { state: 'failed', failureCode: 'stalled' })
  assert.deepEqual((await ask()).pins, { queued: 1, pinning: 0, pinned: 1, failed: 1 })
  assert.equal((await app.request('GET', '/psa/account')).status, 401)
})

test('the history of a pin has the attempts of each step, who works on it, and its trace', {
  timeout,
}, async () => {
  const user = await app.client('watcher')
  const cid = cidOf('history')
  const { requestid } = (await user.add({ cid })).body
  const ask = async (token = user.token) => app.request('GET', `/psa/pins/${requestid}/history`, { token })
  const fresh = (await ask()).body
  assert.deepEqual([fresh.state, fresh.generation, fresh.steps, fresh.trace], ['queued', 1, [], null])

  const leases = leasesOf(app.db, { owner: 'fetcher/1', leaseMs: 60_000 })
  const claim = await leases.claim({ cid, step: 'fetch', generation: 1 })
  assert.ok(claim.kind === 'leased')
  await app.db.update(contents).set({ traceId }).where(eq(contents.cid, cid))
  const { steps, trace } = (await ask()).body
  assert.deepEqual(steps, [
    {
      step: 'fetch',
      attempts: 1,
      failures: 0,
      outages: 0,
      released: 0,
      lastError: null,
      isDone: false,
      worker: 'fetcher/1',
    },
  ])
  assert.deepEqual(trace, { id: traceId, url: `http://traces.example/${traceId}?from=pickup` })
  assert.equal((await user.get(requestid)).body.info.trace_id, traceId)
  assert.equal((await ask((await app.client('stranger')).token)).status, 404)
})

test('the link to a CAR is told in the body, and there is none before the pin is pinned', {
  timeout,
}, async () => {
  const user = await app.client('linker')
  const cid = cidOf('linked')
  const { requestid } = (await user.add({ cid })).body
  const ask = () => app.request('GET', `/psa/pins/${requestid}/car-link`, { token: user.token })
  assert.equal((await ask()).status, 404)
  await app.setState(cid, { state: 'pinned' })
  const { status, body, headers } = await ask()
  assert.equal(status, 200)
  assert.equal(headers['cache-control'], 'no-store')
  assert.match(body.url, /^http:\/\/.*store\.example\/.*X-Amz-Signature=/)
  assert.ok(Date.parse(body.expires) > Date.now())
})
