import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contents, setQuotas } from '#libs/db/index.ts'
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

const add = (pin: unknown, key: string, token = user.token) =>
  app.request('POST', '/psa/pins', { token, body: pin, headers: { 'idempotency-key': key } })

test('a repeat under the same key answers with the first pin, also in another form of its CID', {
  timeout,
}, async () => {
  const first = await add({ cid: v0, name: 'first' }, 'repeat')
  const again = await add({ cid: v1 }, 'repeat')
  assert.deepEqual([first.status, again.status], [202, 202])
  assert.equal(again.body.requestid, first.body.requestid)
  assert.deepEqual(again.body.pin, { cid: v0, name: 'first' })
  assert.equal((await user.list('?status=queued')).body.count, 1)
})

test('repeats at the same moment are one pin', { timeout }, async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => add({ cid: cidOf('at once') }, 'at-once')),
  )
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]))
  assert.equal(new Set(answers.map(({ body }) => body.requestid)).size, 1)
})

test('a key that stands for another CID is 422, and leaves nothing behind', { timeout }, async () => {
  await add({ cid: cidOf('kept') }, 'used')
  const before = await user.list('?status=queued')
  const { status, body } = await add({ cid: cidOf('refused') }, 'used')
  assert.equal(status, 422)
  assert.equal(body.error.reason, 'UNPROCESSABLE_CONTENT')
  assert.match(body.error.details, /^Idempotency-Key: .*another CID/)
  assert.equal((await user.list('?status=queued')).body.count, before.body.count)
  const cids = await app.db.select({ cid: contents.cid }).from(contents)
  assert.ok(!cids.some(({ cid }) => cid === cidOf('refused')))
  const { rows } = await app.db.execute<{ id: string }>('select id from outbox')
  assert.ok(!rows.some(({ id }) => id.includes(cidOf('refused'))))
})

test('a key is of its account, and free again when its pin is gone', { timeout }, async () => {
  const other = await app.client('bob')
  const mine = await add({ cid: cidOf('mine') }, 'shared')
  const theirs = await add({ cid: cidOf('theirs') }, 'shared', other.token)
  assert.deepEqual([mine.status, theirs.status], [202, 202])
  await user.remove(mine.body.requestid)
  const next = await add({ cid: cidOf('next') }, 'shared')
  assert.equal(next.status, 202)
  assert.notEqual(next.body.requestid, mine.body.requestid)
})

test('a repeat is answered where one pin more would be over the limit', { timeout }, async () => {
  const limited = await app.client('limited')
  await setQuotas(app.db, 'limited', { maxPendingPins: 1 }, 'test')
  const first = await add({ cid: cidOf('limited') }, 'limited', limited.token)
  const again = await add({ cid: cidOf('limited') }, 'limited', limited.token)
  assert.deepEqual([again.status, again.body.requestid], [202, first.body.requestid])
  assert.equal((await add({ cid: cidOf('limited') }, 'more', limited.token)).status, 409)
})

test('a repeat comes back with the pin as it is now', { timeout }, async () => {
  const cid = cidOf('progress')
  await add({ cid }, 'progress')
  await app.setState(cid, { state: 'failed', failureCode: 'not-found', failureMessage: 'nobody' })
  assert.equal((await add({ cid }, 'progress')).body.status, 'failed')
})

test('a key that breaks the rule is 400', { timeout }, async () => {
  for (const key of ['', ' ', 'a b', 'k'.repeat(256), 'ä', 'a\tb']) {
    const { status, body } = await add({ cid: v0 }, key)
    assert.equal(status, 400, key)
    assert.match(body.error.details, /^Idempotency-Key: /)
  }
  assert.equal((await add({ cid: v0 }, 'k'.repeat(255))).status, 202)
})
