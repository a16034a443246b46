import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LiveJob } from '#libs/bus/index.ts'
import { connectDatabase, contents, eq } from '#libs/db/index.ts'
import { createTestDatabase, type TestDatabase } from '#libs/db/testing/test-database.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { createApp } from './app.ts'
import { readGatewayConfig } from './config.ts'
import { natsIsAway } from './testing/nats-is-away.ts'

const timeout = 20_000
const log = createLogger('test', 'silent')
const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
const v1 = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'
const other = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
const third = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'
const token = Buffer.from('user:secret').toString('base64')
const headers = { authorization: `Basic ${token}` }
const live: LiveJob = { phase: 'locating', attempt: 1, worker: 'w', dagBytes: 0, dagBlocks: 0, carBytes: 0 }

let database: TestDatabase
let app: HttpServer
let wakes = 0
const appOn = (db: TestDatabase['db'], url: string, more: Record<string, string> = {}) =>
  createApp({
    config: readGatewayConfig({
      DATABASE_URL: url,
      CLUSTER_BASIC_AUTH_TOKEN: token,
      MAX_STATUS_CIDS: '3',
      ...more,
    }),
    db,
    liveJob: cid => (cid === v1 ? live : undefined),
    liveNodes: () => [],
    nodesHeardAt: () => new Date(),
    natsView: natsIsAway,
    wakeOutbox: () => wakes++,
    checks: { postgres: () => db.execute('select 1') },
    log,
  })
before(async () => {
  database = await createTestDatabase()
  app = await appOn(database.db, database.url)
})
after(async () => {
  await app.close()
  await database[Symbol.asyncDispose]()
})

const call = async (method: 'GET' | 'POST', url: string) => {
  const answer = await app.inject({ method, url, headers })
  return { status: answer.statusCode, text: answer.body, type: answer.headers['content-type'] }
}
const statusOf = (info: { peer_map: Record<string, { status: string }> }) =>
  Object.values(info.peer_map)[0]?.status

test('a pin is answered with the whole pin, and the outbox is woken', { timeout }, async () => {
  const woken = wakes
  const { status, text } = await call('POST', `/pins/${v0}?name=n&meta-app=test`)
  assert.equal(status, 200)
  const pin = JSON.parse(text)
  assert.deepEqual([pin.cid, pin.name, pin.metadata, pin.type], [v0, 'n', { app: 'test' }, 'pin'])
  assert.deepEqual(Object.keys(pin).slice(0, 3), ['replication_factor_min', 'replication_factor_max', 'name'])
  assert.equal(wakes, woken + 1)
})

test('a pin can be read back at once, by any form of its CID, with its progress', { timeout }, async () => {
  await call('POST', `/pins/${v0}`)
  for (const cid of [v0, v1]) {
    const info = JSON.parse((await call('GET', `/pins/${cid}`)).text)
    assert.equal(info.cid, cid)
    assert.equal(statusOf(info), 'pin_queued')
    assert.equal(info.progress.phase, 'locating')
  }
})

test('a pin that failed can be pinned again: a new generation is queued', { timeout }, async () => {
  await call('POST', `/pins/${third}`)
  await database.db
    .update(contents)
    .set({ state: 'failed', failureCode: 'stalled', failureMessage: 'x' })
    .where(eq(contents.cid, third))
  assert.equal(statusOf(JSON.parse((await call('GET', `/pins/${third}`)).text)), 'pin_error')
  await call('POST', `/pins/${third}`)
  const info = JSON.parse((await call('GET', `/pins/${third}`)).text)
  assert.equal(statusOf(info), 'pin_queued')
  assert.equal('failure' in info, false)
})

test('a CID that nobody pinned is unpinned with status 200', { timeout }, async () => {
  const { status, text } = await call('GET', `/pins/${other}`)
  assert.equal(status, 200)
  assert.equal(statusOf(JSON.parse(text)), 'unpinned')
})

test('a list answers one line per CID, in the order asked for, pinned or not', { timeout }, async () => {
  await call('POST', `/pins/${v0}`)
  const { status, text, type } = await call('GET', `/pins?cids=${other},${v0},${v0}`)
  assert.equal(status, 200)
  assert.match(String(type), /^application\/json/)
  const lines = text.split('\n')
  assert.equal(lines.pop(), '')
  const infos = lines.map(line => JSON.parse(line))
  assert.deepEqual(
    infos.map(info => `${info.cid} ${statusOf(info)}`),
    [`${other} unpinned`, `${v0} pin_queued`, `${v0} pin_queued`],
  )
})

test('a request that is wrong answers 400 in the shape of ipfs-cluster and stores nothing', {
  timeout,
}, async () => {
  const wrong = [
    await call('POST', '/pins/nonsense'),
    await call('POST', `/pins/${other}?origins=nonsense`),
    await call('POST', `/pins/${other}?name=${'n'.repeat(256)}`),
    await call('GET', '/pins/nonsense'),
    await call('GET', '/pins?filter=bogus'),
    await call('GET', `/pins?cids=${v0},nonsense`),
    await call('GET', `/pins?cids=${[v0, v0, v0, v0].join(',')}`),
  ]
  for (const { status, text } of wrong) {
    assert.equal(status, 400, text)
    assert.deepEqual(Object.keys(JSON.parse(text)), ['code', 'message'])
  }
  assert.equal((await database.db.select().from(contents).where(eq(contents.cid, other))).length, 0)
})

test('text that the database cannot store is the fault of the client', { timeout }, async () => {
  for (const query of ['name=a%00b', 'meta-k=a%00b', 'meta-a%00b=v']) {
    const { status, text } = await call('POST', `/pins/${other}?${query}`)
    assert.equal(status, 400, text)
  }
})

test('health answers without credentials, pins do not', { timeout }, async () => {
  for (const [url, status] of Object.entries({
    '/health': 204,
    '/health/live': 200,
    '/health/ready': 200,
    [`/pins/${v0}`]: 401,
    [`/pins?cids=${v0}`]: 401,
  }))
    assert.equal((await app.inject(url)).statusCode, status, url)
})

test('while Postgres is away pins answer 503 with Retry-After, and the gateway is not ready', {
  timeout,
}, async () => {
  const url = 'postgres://nobody@127.0.0.1:1/nothing'
  await using db = connectDatabase(
    'test',
    { DATABASE_URL: url, DATABASE_MAX_CONNECTIONS: 1, DATABASE_QUERY_TIMEOUT_MS: 10_000 },
    log,
  )
  const cutOff = await appOn(db, url)
  const pinned = await cutOff.inject({ method: 'POST', url: `/pins/${v0}`, headers })
  const read = await cutOff.inject({ url: `/pins/${v0}`, headers })
  for (const answer of [pinned, read]) {
    assert.equal(answer.statusCode, 503)
    assert.ok(answer.headers['retry-after'])
    assert.deepEqual(answer.json(), { code: 503, message: 'Service Unavailable' })
  }
  assert.equal((await cutOff.inject('/health/ready')).statusCode, 503)
  assert.equal((await cutOff.inject('/health/live')).statusCode, 200)
  await cutOff.close()
})
