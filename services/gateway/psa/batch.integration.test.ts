import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq, pins, setQuotas } from '#libs/db/index.ts'
import { type PinningApp, startPinningApp } from './testing/pinning-app.ts'
import { cidOf, v0 } from './testing/test-cids.ts'

const timeout = 60_000
type Client = Awaited<ReturnType<PinningApp['client']>>
let app: PinningApp
let user: Client
before(async () => {
  app = await startPinningApp({ settings: { MAX_BATCH_PINS: '100' } })
  user = await app.client('alice')
})
after(() => app[Symbol.asyncDispose]())

const post = (body: unknown, key?: string, { token } = user) =>
  app.request('POST', '/psa/batch', { token, body, ...(key ? { headers: { 'idempotency-key': key } } : {}) })
const get = (query: string, { token } = user) => app.request('GET', `/psa/batch${query}`, { token })
const pinsNamed = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ cid: cidOf(`${prefix} ${i}`), name: `${prefix} ${i}` }))
const countOf = async (account: string) =>
  (await app.db.select({ id: pins.requestId }).from(pins).where(eq(pins.account, account))).length
const idsOf = (body: { requestid: string }[]) => body.map(({ requestid }) => requestid)

test('as many pins as are allowed are kept with 202 in their order, and read back by one request', {
  timeout,
}, async () => {
  const batch = pinsNamed('hundred', 100)
  const woken = app.wakes()
  const { status, body } = await post(batch)
  assert.equal(status, 202)
  assert.deepEqual(
    body.map(({ pin }: { pin: unknown }) => pin),
    batch,
  )
  assert.equal(app.wakes(), woken + 1)
  const read = await get(`?requestid=${idsOf(body).reverse().join(',')}`)
  assert.equal(read.status, 200)
  assert.deepEqual(idsOf(read.body), idsOf(body).reverse())
  assert.deepEqual(Object.keys(read.body[0]), Object.keys(body[0]))
})

test('an object with the field pins is the same', { timeout }, async () => {
  const { status, body } = await post({ pins: pinsNamed('object', 2) })
  assert.deepEqual([status, body.length], [202, 2])
})

test('one pin that breaks a rule refuses all, and is named by its index and field', { timeout }, async () => {
  const kept = await countOf('alice')
  for (const [batch, details] of [
    [[{ cid: v0 }, { cid: v0, name: 7 }], /^pins\[1\]: name: /],
    [[{ cid: v0 }, { cid: 'nonsense' }], /^pins\[1\]: cid: /],
    [[7], /^pins\[0\]: /],
    [{ pins: [{ cid: v0, meta: { a: 1 } }] }, /^pins\[0\]: meta\.a: /],
    [[], /array of pins/],
    [{ pins: [] }, /array of pins/],
    [{ cid: v0 }, /array of pins/],
    ['null', /array of pins/],
    [pinsNamed('many', 101), /more than 100, and are 101/],
  ] as const) {
    const { status, body } = await post(batch)
    assert.equal(status, 400)
    assert.match(body.error.details, details)
  }
  assert.equal(await countOf('alice'), kept)
})

test('a limit counts for the whole batch', { timeout }, async () => {
  const limited = await app.client('limited')
  await setQuotas(app.db, 'limited', { maxPendingPins: 3 }, 'test')
  const refused = await post(pinsNamed('limit', 4), undefined, limited)
  assert.equal(refused.status, 409)
  assert.match(refused.body.error.details, /has 0; this would be 4 more/)
  assert.equal(await countOf('limited'), 0)
  const kept = await post(pinsNamed('limit', 3), 'limit', limited)
  assert.equal(kept.status, 202)
  assert.equal((await post(pinsNamed('limit', 3), 'limit', limited)).status, 202)
  assert.equal((await post(pinsNamed('limit', 3), undefined, limited)).status, 409)
})

test('a repeat under the same key is the same pins', { timeout }, async () => {
  const batch = pinsNamed('repeat', 20)
  const answers = await Promise.all([post(batch, 'repeat'), post(batch, 'repeat')])
  const [first, second] = answers
  assert.deepEqual([first?.status, second?.status], [202, 202])
  assert.deepEqual(idsOf(first?.body), idsOf(second?.body))
  // A key of a batch is none of a single pin.
  const headers = { 'idempotency-key': 'repeat' }
  const single = await app.request('POST', '/psa/pins', { token: user.token, body: { cid: v0 }, headers })
  assert.equal(single.status, 202)
})

test('what was cut short goes on where it stopped', { timeout }, async () => {
  const batch = pinsNamed('cut', 10)
  const cut = await app.client('cut')
  const first = await post(batch.slice(0, 4), 'cut', cut)
  const whole = await post(batch, 'cut', cut)
  assert.equal(whole.status, 202)
  assert.deepEqual(idsOf(whole.body).slice(0, 4), idsOf(first.body))
  assert.equal(await countOf('cut'), 10)
})

test('another CID at any place under the same key is 422, and adds nothing', { timeout }, async () => {
  const batch = pinsNamed('changed', 3)
  const changed = await app.client('changed')
  await post(batch, 'changed', changed)
  const refused = await post([...batch.slice(0, 2), { cid: cidOf('other') }, { cid: v0 }], 'changed', changed)
  assert.equal(refused.status, 422)
  assert.match(refused.body.error.details, /pins\[2\]/)
  assert.equal(await countOf('changed'), 3)
})

test('pins of others, and ids of no pin, are left out; each is told once', { timeout }, async () => {
  const stranger = await app.client('stranger')
  const { body: mine } = await user.add({ cid: v0 })
  const { body: theirs } = await stranger.add({ cid: v0 })
  const unknown = '00000000-0000-4000-8000-000000000000'
  const ids = [mine.requestid, theirs.requestid, unknown, 'x', 'a%00b', mine.requestid]
  const { status, body } = await get(`?requestid=${ids.join(',')}&requestid=${mine.requestid}`)
  assert.equal(status, 200)
  assert.deepEqual(idsOf(body), [mine.requestid])
  assert.deepEqual((await get(`?requestid=${unknown}`)).body, [])
})

test('no id, or too many, is 400', { timeout }, async () => {
  for (const query of [
    '',
    '?requestid=',
    '?requestid=,',
    `?requestid=${Array.from({ length: 101 }, (_, i) => i).join()}`,
  ]) {
    const { status, body } = await get(query)
    assert.equal(status, 400)
    assert.match(body.error.details, /^requestid: must be 1 to 100 /)
  }
})

test('a token that only reads may look at a batch, and not make one', { timeout }, async () => {
  const reader = await app.client('alice', ['read'])
  assert.equal((await get('?requestid=x', reader)).status, 200)
  assert.equal((await post(pinsNamed('reader', 1), undefined, reader)).status, 403)
})
