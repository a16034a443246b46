import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { contents } from '#libs/db/index.ts'
import { startTestApp, type TestApp } from './testing/test-app.ts'

const timeout = 20_000
const cid = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
const peer = '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY'

let app: TestApp
before(async () => {
  app = await startTestApp({ settings: { MAX_ORIGINS: '2' } })
})
after(() => app[Symbol.asyncDispose]())

async function refuses(method: 'GET' | 'POST' | 'DELETE', target: string, status: number, message: RegExp) {
  const answer = await app.call(method, target)
  assert.equal(answer.status, status, `${method} ${target.slice(0, 100)}: ${answer.text}`)
  assert.equal(answer.headers['content-type'], 'application/json')
  assert.equal(answer.text.at(-1), '\n')
  const body = JSON.parse(answer.text)
  assert.deepEqual(Object.keys(body), ['code', 'message'])
  assert.equal(body.code, status)
  assert.match(body.message, message)
  assert.deepEqual([await app.pinCount(), (await app.db.select().from(contents)).length], [0, 0])
}

test('a malformed CID is 400 on every route that takes one', { timeout }, async () => {
  for (const bad of ['nonsense', `${cid}x`, 'Qm', '%20', '%00', 'z'.repeat(3_000), encodeURIComponent('🦆')])
    for (const [method, target] of [
      ['GET', `/pins/${bad}`],
      ['POST', `/pins/${bad}`],
      ['DELETE', `/pins/${bad}`],
      ['POST', `/pins/${bad}/recover`],
      ['GET', `/allocations/${bad}`],
      ['GET', `/pins?cids=${bad}`],
    ] as const)
      await refuses(method, target, 400, /^error decoding Cid: /)
})

const badOptions: [string, RegExp][] = [
  ['expire-at=tomorrow', /^expire-at cannot be parsed: parsing time "tomorrow"/],
  ['expire-at=2030-02-30T00:00:00Z', /^expire-at cannot be parsed: .*day out of range$/],
  ['expire-at=2001-01-01T00:00:00Z', /^pin\.ExpireAt set before current time$/],
  ['expire-in=3d', /^expire-in cannot be parsed: time: unknown unit "d"/],
  ['expire-in=10', /^expire-in cannot be parsed: time: missing unit/],
  ['expire-in=1ms', /^expire-in duration too short$/],
  ['expire-in=-1h', /^expire-in duration too short$/],
  ['origins=nonsense', /^error decoding multiaddress: nonsense$/],
  [`origins=/ip4/1.2.3.4.5/tcp/1/p2p/${peer}`, /^error decoding multiaddress/],
  ['origins=/ip4/1.2.3.4/tcp/1', /^multiaddress does not contain peer ID/],
  ['origins=/ip4/1.2.3.4/tcp/1/p2p/nobody', /^error decoding multiaddress/],
  [
    `origins=${Array(3).fill(`/ip4/1.2.3.4/tcp/1/p2p/${peer}`).join(',')}`,
    /^origins: more than 2 addresses$/,
  ],
  ['replication=x', /^parameter replication-min invalid$/],
  ['replication-max=1.5', /^parameter replication-max invalid$/],
  ['replication=-2', /^cluster\.replication_factor_min is wrong$/],
  ['replication-min=2&replication-max=1', /^cluster\.replication_factor_min is larger than max$/],
  ['replication-max=1', /must be -1 when one of them is$/],
  ['shard-size=-1', /^parameter shard_size is invalid$/],
  ['pin-update=nonsense', /^error decoding update option parameter/],
  [`name=${'n'.repeat(256)}`, /^name is longer than 255/],
  ['name=a%00b', /^name: a text with a NUL character cannot be stored$/],
  ['meta-k=a%00b', /^meta-k: a text with a NUL/],
  ['meta-a%00b=v', /^meta-ab: a text with a NUL/],
]
for (const [query, message] of badOptions) {
  test(`the option ${query.slice(0, 60)} is 400 on both routes that pin`, { timeout }, async () => {
    await refuses('POST', `/pins/${cid}?${query}`, 400, message)
    await refuses('POST', `/pins/ipfs/${cid}?${query}`, 400, message)
  })
}

test('a filter in which nothing is known is 400', { timeout }, async () => {
  for (const filter of ['bogus', 'undefined', '%00', ','])
    await refuses('GET', `/pins?filter=${filter}`, 400, /^invalid filter value$/)
  await refuses('GET', '/allocations?filter=bogus', 400, /^invalid filter value$/)
})

test('an unknown route is 404 and a known one with another method 405', { timeout }, async () => {
  await refuses('GET', '/nosuch', 404, /^not found$/)
  await refuses('POST', `/pins/ipxs/${cid}`, 404, /^not found$/)
  await refuses('POST', '/allocations', 405, /./)
  await refuses('GET', `/pins/ipfs/${cid}/a`, 405, /./)
})

test('what looks like a CID or a path and is a word of the API is 400', { timeout }, async () => {
  await refuses('GET', '/pins/recover', 400, /^error decoding Cid: /)
  await refuses('POST', '/pins/ipfs', 400, /^error decoding Cid: /)
  await refuses('POST', '/pins/ipfs/recover', 400, /./)
})

test('an option that is only text is stored as it is, whatever it holds', { timeout }, async () => {
  const name = "'; drop table pins; -- \u202e🦆 <script>"
  const meta = '{"a":["\\u0000"]}'
  const query = new URLSearchParams({ name, [`meta-${name}`]: meta })
  await app.json('POST', `/pins/${cid}?${query.toString()}`)
  const read = await app.json('GET', `/allocations/${cid}`)
  assert.deepEqual([read.name, read.metadata], [name, { [name]: meta }])
})
