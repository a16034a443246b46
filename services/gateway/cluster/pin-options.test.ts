import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from '#libs/http/index.ts'
import { readPinOptions } from './pin-options.ts'

const timeout = 5_000
const peer = '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY'
const cid = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
const canonicalCid = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'
const read = (query: string, maxOrigins = 2) => readPinOptions(new URLSearchParams(query), { maxOrigins })
const refuses = (query: string, message: RegExp) =>
  assert.throws(
    () => read(query),
    (error: unknown) => error instanceof HttpError && error.statusCode === 400 && message.test(error.message),
    query.slice(0, 80),
  )
const none = {
  name: '',
  mode: 'recursive',
  replication: { min: 0, max: 0 },
  shardSize: 0,
  userAllocations: null,
  expiresAt: null,
  meta: {},
  pinUpdate: null,
  origins: [],
}

test('a query without options, or with empty ones as the Go client sends them, gives the defaults', {
  timeout,
}, () => {
  assert.deepEqual(read(''), none)
  const ofCtl = 'replication-min=0&replication-max=0&name=&mode=recursive&shard-size=0&user-allocations='
  assert.deepEqual(read(ofCtl), none)
  assert.deepEqual(
    read('replication=&origins=&mode=&shard-size=&pin-update=&expire-at=&expire-in=&meta-=x'),
    none,
  )
})

test('name, metadata and origins are read; of a repeated option the first counts', { timeout }, () => {
  const origins = [`/ip4/1.2.3.4/tcp/4001/p2p/${peer}`, `/dns4/example.org/tcp/1/ipfs/${peer}`]
  const query = new URLSearchParams([
    ['name', 'Käse & Brot'],
    ['name', 'second'],
    ['meta-app', 'one'],
    ['meta-app', 'two'],
    ['meta-', 'no key'],
    ['meta-__proto__', 'plain'],
    ['metadata', 'not one'],
    ['origins', origins.join(',')],
  ])
  const options = read(query.toString())
  assert.equal(options.name, 'Käse & Brot')
  assert.deepEqual(Object.entries(options.meta), [
    ['app', 'one'],
    ['__proto__', 'plain'],
  ])
  assert.deepEqual(options.origins, origins)
})

test('spaces may come as plus signs', { timeout }, () => {
  assert.equal(read('name=my+name').name, 'my name')
})

test('a mode that is unknown is recursive', { timeout }, () => {
  assert.deepEqual(
    ['direct', 'recursive', 'Direct', 'shallow'].map(mode => read(`mode=${mode}`).mode),
    ['direct', 'recursive', 'recursive', 'recursive'],
  )
})

test('a pin to take over from is a CID in any form', { timeout }, () => {
  assert.deepEqual(read(`pin-update=${cid}`).pinUpdate, { cid: canonicalCid, sentCid: cid })
  refuses('pin-update=nonsense', /^error decoding update option parameter: "nonsense" is not a CID/)
})

test('shard size is a number that JSON can say', { timeout }, () => {
  assert.equal(read('shard-size=104857600').shardSize, 104_857_600)
  for (const size of ['-1', '+1', '1.5', 'x', '9007199254740992'])
    refuses(`shard-size=${size}`, /^parameter shard_size is invalid$/)
})

test('allocations that are no peer ids are dropped', { timeout }, () => {
  assert.deepEqual(read(`user-allocations=x,${peer},`).userAllocations, [peer])
  assert.deepEqual(read('user-allocations=x').userAllocations, [])
})

test('an expiry is a time, or a duration from now when no time is given', { timeout }, () => {
  const at = encodeURIComponent('2001-01-01T01:00:00.123456789+01:00')
  assert.deepEqual(read(`expire-at=${at}&expire-in=x`).expiresAt, new Date('2001-01-01T00:00:00.123Z'))
  assert.equal(read('expire-at=0001-01-01T00:00:00Z').expiresAt, null)
  const before = Date.now()
  const expiresAt = read('expire-in=1h0.5s').expiresAt?.getTime() ?? 0
  assert.ok(expiresAt >= before + 3_600_500 && expiresAt <= Date.now() + 3_600_500)
})

test('an expiry that cannot be read is refused in the words of ipfs-cluster', { timeout }, () => {
  refuses(
    'expire-at=tomorrow',
    /^expire-at cannot be parsed: parsing time "tomorrow" as "2006-01-02T15:04:05Z07:00": cannot parse "tomorrow" as "2006"$/,
  )
  refuses('expire-in=3d', /^expire-in cannot be parsed: time: unknown unit "d" in duration "3d"$/)
  for (const lifetime of ['999ms', '0', '-1h'])
    refuses(`expire-in=${lifetime}`, /^expire-in duration too short$/)
})

test('an origin that is no multiaddr, or has no peer id, is refused with its text', { timeout }, () => {
  refuses('origins=nonsense', /error decoding multiaddress: nonsense/)
  refuses('origins=/ip4/1.2.3.4/tcp/4001', /does not contain peer ID: \/ip4\/1\.2\.3\.4\/tcp\/4001/)
  refuses('origins=/ip4/1.2.3.4/tcp/4001/p2p/nobody', /error decoding multiaddress/)
  refuses(`origins=/ip4/1.2.3.4/tcp/1/p2p/${peer},`, /error decoding multiaddress: empty multiaddr/)
})

test('more than the limits is refused by the name of the option', { timeout }, () => {
  assert.equal(read(`name=${'n'.repeat(255)}`).name.length, 255)
  assert.equal(read(`name=${'🦆'.repeat(255)}`).name.length, 510)
  refuses(`name=${'n'.repeat(256)}`, /name is longer than 255/)
  const origin = `/ip4/1.2.3.4/tcp/1/p2p/${peer}`
  refuses(`origins=${[origin, origin, origin].join(',')}`, /more than 2 addresses/)
  const long = `/dns4/${'a'.repeat(1024 - `/dns4//tcp/1/p2p/${peer}`.length)}/tcp/1/p2p/${peer}`
  assert.deepEqual(read(`origins=${long}`).origins, [long])
  refuses(
    `origins=${long.replace('/dns4/', '/dns4/a')}`,
    /^origins: an address is longer than 1024 characters$/,
  )
  const many = Array.from({ length: 1001 }, (_, i) => `meta-k${i}=v`).join('&')
  refuses(many, /meta-\*: more than 1000/)
})

test('what the database cannot store is refused by the name of the option', { timeout }, () => {
  for (const option of ['name', 'meta-k', 'origins', 'pin-update', 'expire-at'])
    refuses(`${option}=a%00b`, new RegExp(`^${option}: a text with a NUL character`))
  refuses('meta-a%00b=v', /^meta-ab: a text with a NUL character/)
})
