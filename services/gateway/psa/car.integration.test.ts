import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { startFaultProxy } from '#libs/storage/testing/fault-proxy.ts'
import { credentials, type S3Gateway, startS3Gateway } from '#libs/storage/testing/s3-gateway.ts'
import { connectTo, uploadBytes } from '#libs/storage/testing/test-objects.ts'
import { type PinningApp, startPinningApp } from './testing/pinning-app.ts'
import { cidOf } from './testing/test-cids.ts'

const timeout = 60_000
const carCid = 'bagbaieratest'
const bytes = randomBytes(8_000_000)
type Client = Awaited<ReturnType<PinningApp['client']>>

let s3: S3Gateway
let proxy: Awaited<ReturnType<typeof startFaultProxy>>
let app: PinningApp
let user: Client
let url: string
let pinned: string
const cid = cidOf('stored')
const settingsOf = (endpoint: string) => ({ AWS_ENDPOINT_URL_S3: endpoint, S3_FORCE_PATH_STYLE: 'true' })
const key = `${carCid}/${carCid}.car`
const inStore = { carCid, carKey: key, carBytes: bytes.length, state: 'pinned' } as const

before(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = credentials.accessKeyId
  process.env['AWS_SECRET_ACCESS_KEY'] = credentials.secretAccessKey
  s3 = await startS3Gateway()
  proxy = await startFaultProxy(s3.endpoint)
  await using storage = connectTo(s3.endpoint)
  await uploadBytes(storage, { bucket: s3.bucket, key }, bytes)
  app = await startPinningApp({ settings: settingsOf(proxy.endpoint) })
  url = await app.app.listen({ host: '127.0.0.1', port: 0 })
  user = await app.client('owner')
  pinned = (await user.add({ cid })).body.requestid
  await app.setState(cid, { ...inStore, carBucket: s3.bucket })
})
after(async () => {
  await app[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await s3[Symbol.asyncDispose]()
})

const accept = { accept: 'application/vnd.ipld.car' }
const ask = (headers: Record<string, string> = accept, requestId = pinned, { token } = user) =>
  fetch(`${url}/psa/pins/${requestId}/car`, {
    redirect: 'manual',
    headers: { authorization: `Bearer ${token}`, ...headers },
  })
const bodyOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())
/** A client that has its headers and takes nothing yet. */
async function silentReader(to: string, requestId: string, token: string): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${token}`, ...accept }
  const [response] = await once(get(`${to}/psa/pins/${requestId}/car`, { headers }), 'response')
  return response.pause()
}
const poll = { what: 'the end', timeoutMs: 20_000, intervalMs: 20 }

test('the CAR is a link into the store, which needs no token and is good for ranges', {
  timeout,
}, async () => {
  const answer = await ask({})
  assert.equal(answer.status, 307)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.equal(answer.headers.get('vary'), 'Accept')
  const link = answer.headers.get('location') ?? ''
  assert.match(link, /X-Amz-Expires=900&/)
  const whole = await fetch(link)
  assert.equal(whole.headers.get('content-type'), 'application/vnd.ipld.car')
  assert.equal(whole.headers.get('content-disposition'), `attachment; filename="${cid}.car"`)
  assert.ok((await bodyOf(whole)).equals(bytes))
  const part = await fetch(link, { headers: { range: 'bytes=5-9' } })
  assert.ok((await bodyOf(part)).equals(bytes.subarray(5, 10)))
})

test('a link names the store as clients reach it', { timeout }, async () => {
  const settings = { ...settingsOf('http://127.0.0.1:1'), S3_PUBLIC_ENDPOINT_URL: s3.endpoint }
  await using outside = await startPinningApp({ settings: { ...settings, CAR_LINK_TTL_MS: '5000' } })
  const client = await outside.client('owner')
  const { body } = await client.add({ cid })
  await outside.setState(cid, { ...inStore, carBucket: s3.bucket })
  const answer = await outside.request('GET', `/psa/pins/${body.requestid}/car`, { token: client.token })
  const link = String(answer.headers['location'])
  assert.ok(link.startsWith(s3.endpoint) && link.includes('X-Amz-Expires=5&'), link)
  assert.ok((await bodyOf(await fetch(link))).equals(bytes))
})

test('who asks for a CAR gets the bytes, with the headers of a trustless gateway', { timeout }, async () => {
  for (const wanted of ['application/vnd.ipld.car', 'text/html, Application/Vnd.Ipld.Car;version=1;q=0.5']) {
    const answer = await ask({ accept: wanted })
    assert.equal(answer.status, 200)
    const { headers } = answer
    assert.equal(headers.get('content-type'), 'application/vnd.ipld.car; version=1')
    assert.equal(headers.get('content-length'), String(bytes.length))
    assert.equal(headers.get('etag'), `"${carCid}"`)
    assert.equal(headers.get('x-ipfs-roots'), cid)
    assert.equal(headers.get('accept-ranges'), 'bytes')
    assert.ok((await bodyOf(answer)).equals(bytes))
  }
  for (const other of ['*/*', 'application/vnd.ipld.car;q=0', 'application/json'])
    assert.equal((await ask({ accept: other })).status, 307, other)
})

test('a range is 206 with exactly its bytes, and one behind the end 416', { timeout }, async () => {
  const size = bytes.length
  for (const [range, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=100-', 100, size],
    ['bytes=-7', size - 7, size],
  ] as const) {
    const answer = await ask({ ...accept, range })
    assert.equal(answer.status, 206)
    assert.equal(answer.headers.get('content-range'), `bytes ${start}-${end - 1}/${size}`)
    assert.ok((await bodyOf(answer)).equals(bytes.subarray(start, end)))
  }
  const behind = await ask({ ...accept, range: `bytes=${size}-` })
  assert.equal(behind.status, 416)
  assert.equal(behind.headers.get('content-range'), `bytes */${size}`)
  assert.equal(JSON.parse(await behind.text()).error.reason, 'RANGE_NOT_SATISFIABLE')
})

test('what a client has is not sent again, and a range of another CAR is the whole', {
  timeout,
}, async () => {
  const etag = `"${carCid}"`
  for (const known of [etag, `"x", W/${etag}`, '*']) {
    const answer = await ask({ ...accept, 'if-none-match': known })
    assert.deepEqual([answer.status, (await bodyOf(answer)).length], [304, 0])
  }
  const range = { range: 'bytes=0-0' }
  assert.equal((await ask({ ...accept, ...range, 'if-range': etag })).status, 206)
  assert.equal((await bodyOf(await ask({ ...accept, ...range, 'if-range': '"other"' }))).length, bytes.length)
})

test('a receipt says what was proven and where it lies', { timeout }, async () => {
  const answer = await app.request('GET', `/psa/pins/${pinned}/receipt`, { token: user.token })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, {
    requestid: pinned,
    root: cid,
    carCid,
    bytes: bytes.length,
    blocks: 3,
    dagBytes: 100,
    rawBytes: 90,
    bucket: s3.bucket,
    key,
    verifiedAt: '2026-01-02T03:04:05.678Z',
    indexedAt: null,
  })
})

test('a pin that is not pinned has neither, and the answer says why', { timeout }, async () => {
  const waiting = await user.add({ cid: cidOf('waiting') })
  const failing = await user.add({ cid: cidOf('failing') })
  const failed = { state: 'failed', failureCode: 'not-found', failureMessage: 'nobody' } as const
  await app.setState(cidOf('failing'), failed)
  const stranger = await app.client('stranger')
  for (const route of ['car', 'receipt'])
    for (const [id, { token }, details] of [
      [waiting.body.requestid, user, /no CAR of this pin: it is queued\. Waiting for a worker/],
      [failing.body.requestid, user, /it is failed\. No reachable peer has the root block/],
      [pinned, stranger, /no pin with this requestid/],
      ['nonsense', user, /no pin with this requestid/],
    ] as const) {
      const { status, body } = await app.request('GET', `/psa/pins/${id}/${route}`, { token })
      assert.equal(status, 404)
      assert.equal(body.error.reason, 'NOT_FOUND')
      assert.match(body.error.details, details)
    }
})

test('a store that fails before the first byte is 503, and later the answer is cut', {
  timeout,
}, async () => {
  proxy.plan = ({ operation }) =>
    operation === 'GetObject' ? { kind: 'answer', httpStatus: 403, s3Code: 'AccessDenied' } : undefined
  const refused = await ask()
  assert.equal(refused.status, 503)
  assert.ok(refused.headers.get('retry-after'))
  assert.equal(refused.headers.get('content-type'), 'application/json')
  assert.match(JSON.parse(await refused.text()).error.details, /the store did not give the CAR/)
  proxy.plan = () => ({ kind: 'cut-body', afterBytes: 1_000_000 })
  await assert.rejects(bodyOf(await ask()))
  proxy.plan = () => undefined
  assert.equal((await ask()).status, 200)
})

test('a client that goes away closes the read of the store, and frees its place', { timeout }, async () => {
  const settings = { ...settingsOf(proxy.endpoint), MAX_CAR_DOWNLOADS: '1' }
  await using small = await startPinningApp({ settings })
  const port = await small.app.listen({ host: '127.0.0.1', port: 0 })
  const client = await small.client('owner')
  const { body } = await client.add({ cid })
  await small.setState(cid, { ...inStore, carBucket: s3.bucket })
  const reader = await silentReader(port, body.requestid, client.token)
  const headers = { authorization: `Bearer ${client.token}`, ...accept }
  const ranged = { ...headers, range: 'bytes=0-9' }
  const again = () => fetch(`${port}/psa/pins/${body.requestid}/car`, { headers: ranged })
  assert.equal((await again()).status, 429)
  reader.destroy()
  await pollUntil(async () => assert.equal((await again()).status, 206), poll)
})

test('a reader that takes nothing is cut off, and holds only a part in memory', { timeout }, async () => {
  const settings = { ...settingsOf(proxy.endpoint), STREAM_STALL_TIMEOUT_MS: '500' }
  await using stalling = await startPinningApp({ settings })
  const port = await stalling.app.listen({ host: '127.0.0.1', port: 0 })
  const client = await stalling.client('owner')
  const { body } = await client.add({ cid })
  await stalling.setState(cid, { ...inStore, carBucket: s3.bucket })
  const reader = await silentReader(port, body.requestid, client.token)
  const connections = promisify(stalling.app.server.getConnections.bind(stalling.app.server))
  await pollUntil(async () => assert.equal(await connections(), 0), poll)
  reader.destroy()
})
