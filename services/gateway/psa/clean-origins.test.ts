import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cleanOrigins } from './clean-origins.ts'
import { peerId } from './testing/test-cids.ts'

const timeout = 5_000

const rules = { maxOrigins: 100, allowPrivate: false }
const publicOne = `/ip4/1.2.3.4/tcp/4001/p2p/${peerId}`
const loopback = `/ip4/127.0.0.1/tcp/4001/p2p/${peerId}`

test('only addresses that can be dialled are kept, each once', { timeout }, () => {
  const given = [publicOne, loopback, 'nonsense', '/ip4/1.2.3.4/tcp/4001', 7, null, '', publicOne]
  assert.deepEqual(cleanOrigins(given, rules), [publicOne])
  assert.deepEqual(cleanOrigins(given, { ...rules, allowPrivate: true }), [publicOne, loopback])
})

test('more than the most are cut off, and a text of any length costs no time', { timeout }, () => {
  const many = Array.from({ length: 500 }, (_, i) => `/ip4/1.2.${i >> 8}.${i & 255}/tcp/4001/p2p/${peerId}`)
  assert.deepEqual(cleanOrigins(many, rules), many.slice(0, 100))
  assert.deepEqual(cleanOrigins(many, { ...rules, maxOrigins: 0 }), [])
  assert.deepEqual(cleanOrigins([`/p2p/1${'z'.repeat(1_000_000)}`], rules), [])
})

test('a list that is all wrong is not read to its end, nor is an address that no peer has', {
  timeout,
}, () => {
  const behind = (wrong: number) => [...Array.from({ length: wrong }, () => 'nonsense'), publicOne]
  assert.deepEqual(cleanOrigins(behind(199), rules), [publicOne])
  assert.deepEqual(cleanOrigins(behind(200), rules), [])
  // 456 characters, and 513.
  const [long, tooLong] = [`/p2p/${peerId}`.repeat(8), `/p2p/${peerId}`.repeat(9)]
  assert.deepEqual(cleanOrigins([tooLong, long], rules), [long])
})

test('whatever is in the list, there is no error', { timeout }, () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.anything(), fc.string(), fc.constant(publicOne))), given => {
      for (const origin of cleanOrigins(given, rules)) assert.equal(origin, publicOne)
    }),
  )
  for (const value of [undefined, null, {}, 'text', 7])
    assert.throws(() => cleanOrigins(value, rules), { statusCode: 400, message: /^origins: / })
})
