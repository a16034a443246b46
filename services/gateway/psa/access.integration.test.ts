import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createToken, revokeToken, setQuotas } from '#libs/db/index.ts'
import { type PinningApp, startPinningApp } from './testing/pinning-app.ts'
import { cidOf, v0 } from './testing/test-cids.ts'

const timeout = 20_000
let app: PinningApp
before(async () => {
  app = await startPinningApp()
})
after(() => app[Symbol.asyncDispose]())

test('without a valid token everything is 401, whether it is there or not', { timeout }, async () => {
  const { token: revoked, tokenId } = await app.client('revoked')
  await revokeToken(app.db, tokenId, 'test')
  const basic = { authorization: `Basic ${Buffer.from('user:secret').toString('base64')}` }
  for (const path of ['/psa/pins', '/psa/pins/x', '/psa/nothing'] as const)
    for (const [given, challenge] of [
      [{}, /^Bearer realm="[^"]+"$/],
      [{ headers: basic }, /^Bearer /],
      [{ token: 'purposefullyInvalid' }, /error="invalid_token"/],
      [{ token: revoked }, /error="invalid_token"/],
      [{ token: '' }, /^Bearer /],
    ] as const) {
      const { status, headers, body } = await app.request('GET', path, given)
      assert.equal(status, 401)
      assert.equal(headers['content-type'], 'application/json')
      assert.equal(body.error.reason, 'UNAUTHORIZED')
      assert.match(String(headers['www-authenticate']), challenge)
    }
})

test('a token of this API opens nothing of the API of ipfs-cluster', { timeout }, async () => {
  const { token } = await app.client('default')
  assert.equal((await app.request('GET', '/pins', { token })).status, 401)
})

test('a token does what its scopes allow, and else is 403', { timeout }, async () => {
  const owner = await app.client('scoped')
  const { body: pin } = await owner.add({ cid: v0 })
  for (const [scope, mayWrite] of [
    ['read', false],
    ['write', true],
    ['admin', true],
  ] as const) {
    const client = await app.client('scoped', [scope])
    assert.equal((await client.get(pin.requestid)).status, 200)
    const { status, body } = await client.add({ cid: v0 })
    assert.equal(status, mayWrite ? 202 : 403, scope)
    if (mayWrite) continue
    assert.equal(body.error.reason, 'FORBIDDEN')
    assert.equal((await client.remove(pin.requestid)).status, 403)
    assert.equal((await client.replace(pin.requestid, { cid: v0 })).status, 403)
  }
})

test('all tokens of an account see the same pins, and no other account does', { timeout }, async () => {
  const laptop = await app.client('shared')
  const phone = await app.client('shared')
  const stranger = await app.client('stranger')
  const { body: pin } = await laptop.add({ cid: v0, name: 'secret' })
  const id = pin.requestid
  assert.equal((await phone.get(id)).body.requestid, id)
  for (const answer of [
    await stranger.get(id),
    await stranger.remove(id),
    await stranger.replace(id, { cid: v0 }),
  ])
    assert.equal(answer.status, 404)
  for (const query of ['?status=queued', `?status=queued&cid=${v0}`, '?name=secret&match=exact'])
    assert.equal((await stranger.list(query)).body.count, 0)
  assert.equal((await phone.remove(id)).status, 202)
  assert.equal((await laptop.get(id)).status, 404)
})

test('a preflight needs no token, and answers of every kind may be read by any page', {
  timeout,
}, async () => {
  const preflight = await app.request('OPTIONS', '/psa/pins', {
    headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
  })
  const { client } = { client: await app.client('browser') }
  const origin = { headers: { origin: 'https://example.com' } }
  for (const { headers } of [
    preflight,
    await app.request('OPTIONS', '/psa/pins/x'),
    await app.request('GET', '/psa/pins', origin),
    await app.request('GET', '/psa/nothing', { ...origin, token: client.token }),
    await app.request('GET', '/psa/pins', { ...origin, token: client.token }),
  ])
    assert.equal(headers['access-control-allow-origin'], '*')
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers['access-control-allow-methods'], 'GET, POST, DELETE, OPTIONS')
  assert.match(String(preflight.headers['access-control-allow-headers']), /Authorization, Content-Type/)
  assert.ok(Number(preflight.headers['access-control-max-age']) > 0)
  const { headers } = await app.request('GET', '/psa/pins', origin)
  assert.match(String(headers['access-control-expose-headers']), /Retry-After/)
})

test('a limit of pending pins refuses one more with 409, and lets one be replaced', { timeout }, async () => {
  const client = await app.client('busy')
  await setQuotas(app.db, 'busy', { maxPendingPins: 2 }, 'test')
  const [first] = [await client.add({ cid: cidOf('q1') }), await client.add({ cid: cidOf('q2') })]
  const refused = await client.add({ cid: cidOf('q3') })
  assert.equal(refused.status, 409)
  assert.equal(refused.body.error.reason, 'INSUFFICIENT_FUNDS')
  assert.match(refused.body.error.details, /may have 2 pins .* has 2/)
  const replaced = await client.replace(first.body.requestid, { cid: cidOf('q3') })
  assert.equal(replaced.status, 202)
  await app.setState(cidOf('q3'), { state: 'pinned' })
  assert.equal((await client.add({ cid: cidOf('q4') })).status, 202)
  assert.equal((await client.replace(replaced.body.requestid, { cid: cidOf('q5') })).status, 409)
})

test('a limit of pinned bytes refuses more with 409, and frees what is deleted', { timeout }, async () => {
  const client = await app.client('large')
  const { body } = await client.add({ cid: cidOf('large') })
  await app.setState(cidOf('large'), { state: 'pinned', carBytes: 500 })
  await setQuotas(app.db, 'large', { maxPinnedBytes: 500 }, 'test')
  const refused = await client.add({ cid: cidOf('more') })
  assert.equal(refused.status, 409)
  assert.match(refused.body.error.details, /may have 500 bytes pinned, and has 500/)
  assert.equal((await client.replace(body.requestid, { cid: cidOf('more') })).status, 202)
})

test('a pin can be renamed whatever the limits are, and a failed one is not tried again by that', {
  timeout,
}, async () => {
  const client = await app.client('over')
  const cids = [cidOf('over 1'), cidOf('over 2')] as const
  const { body } = await client.add({ cid: cids[0] })
  await client.add({ cid: cids[1] })
  await setQuotas(app.db, 'over', { maxPendingPins: 1, maxPinnedBytes: 1 }, 'test')
  const renamed = await client.replace(body.requestid, { cid: cids[0], name: 'queued' })
  assert.deepEqual([renamed.status, renamed.body.pin?.name], [202, 'queued'])
  for (const cid of cids) await app.setState(cid, { state: 'pinned' })
  const again = await client.replace(renamed.body.requestid, { cid: cids[0], name: 'pinned' })
  assert.deepEqual([again.status, again.body.status], [202, 'pinned'])
  await app.setState(cids[0], { state: 'failed', failureCode: 'stalled', failureMessage: 'nothing came' })
  assert.equal((await client.replace(again.body.requestid, { cid: cids[0] })).status, 409)
})

test('a token that asks too often is 429, and others are not', { timeout }, async () => {
  await using limited = await startPinningApp({
    settings: { RATE_LIMIT_PER_SECOND: '1', RATE_LIMIT_BURST: '5' },
  })
  const client = await limited.client('eager')
  const other = await limited.client('eager')
  const answers = []
  for (let i = 0; i < 6; i++) answers.push(await client.list())
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200, 429],
  )
  const { headers, body } = answers[5] ?? assert.fail()
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(body.error.reason, 'TOO_MANY_REQUESTS')
  assert.match(body.error.details, /429 Too Many Requests/)
  assert.ok(Number(headers['retry-after']) >= 1 && Number(headers['retry-after']) <= 5)
  assert.equal(Number(headers['x-ratelimit-remaining']), 0)
  const resetInSeconds = Number(headers['x-ratelimit-reset']) - Date.now() / 1_000
  assert.ok(resetInSeconds > -1 && resetInSeconds <= 6, `${resetInSeconds}`)
  assert.equal((await other.list()).status, 200)
})

test('an answer about a token counts for as long as the setting says', { timeout }, async () => {
  await using caching = await startPinningApp({ settings: { TOKEN_CACHE_MS: '60000' } })
  const client = await caching.client('cached')
  assert.equal((await client.list()).status, 200)
  await revokeToken(caching.db, client.tokenId, 'test')
  assert.equal((await client.list()).status, 200)
  const late = await createToken(caching.db, { account: 'cached', name: 'late', scopes: ['read'] }, 'test')
  assert.equal((await caching.request('GET', '/psa/pins', { token: late.token })).status, 200)
})
