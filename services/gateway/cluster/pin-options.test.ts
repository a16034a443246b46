import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from '#libs/http/index.ts'
import { readPinOptions } from './pin-options.ts'

const timeout = 5_000
const peer = '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY'
const read = (query: string, maxOrigins = 2) => readPinOptions(new URLSearchParams(query), { maxOrigins })
const refuses = (query: string, message: RegExp) =>
  assert.throws(
    () => read(query),
    (error: unknown) => error instanceof HttpError && error.statusCode === 400 && message.test(error.message),
    query.slice(0, 80),
  )

test('a query without options, or with empty ones as the Go client sends them, gives the defaults', {
  timeout,
}, () => {
  const none = { name: '', meta: {}, origins: [] }
  assert.deepEqual(read(''), none)
  assert.deepEqual(
    read('name=&origins=&mode=&replication-max=0&shard-size=0&user-allocations=&pin-update='),
    none,
  )
})

test('name, metadata and origins are read; of a repeated option the first counts', { timeout }, () => {
  const origins = [`/ip4/1.2.3.4/tcp/4001/p2p/${peer}`, `/dns4/example.org/tcp/1/p2p/${peer}`]
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

test('an origin that is no multiaddr, or has no peer id, is refused with its text', { timeout }, () => {
  refuses('origins=nonsense', /error decoding multiaddress: nonsense/)
  refuses('origins=/ip4/1.2.3.4/tcp/4001', /does not contain peer ID: \/ip4\/1\.2\.3\.4\/tcp\/4001/)
  refuses('origins=/ip4/1.2.3.4/tcp/4001/p2p/nobody', /error decoding multiaddress/)
})

test('more than the limits is refused by the name of the option', { timeout }, () => {
  assert.equal(read(`name=${'n'.repeat(255)}`).name.length, 255)
  refuses(`name=${'n'.repeat(256)}`, /name is longer than 255/)
  const origin = `/ip4/1.2.3.4/tcp/1/p2p/${peer}`
  refuses(`origins=${[origin, origin, origin].join(',')}`, /more than 2 addresses/)
  const many = Array.from({ length: 1001 }, (_, i) => `meta-k${i}=v`).join('&')
  refuses(many, /meta-\*: more than 1000/)
})
