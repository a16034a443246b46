import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TokenGrant } from '#libs/db/index.ts'
import { createTokenCache } from './token-cache.ts'

const timeout = 5_000

const grant: TokenGrant = {
  tokenId: 'id',
  account: 'a',
  scopes: ['read'],
  maxPendingPins: null,
  maxPinnedBytes: null,
}

function cacheOf(options: { maxAgeMs: number; maxEntries?: number }) {
  const asked: string[] = []
  let failure: Error | undefined
  const findGrant = createTokenCache({
    ...options,
    findToken: async token => {
      asked.push(token)
      if (failure) throw failure
      return token === 'good' ? grant : undefined
    },
  })
  return { asked, findGrant, fail: (error?: Error) => (failure = error) }
}

test('a token is asked about once while the answer is young, valid or not, also by many at once', {
  timeout,
}, async () => {
  const { asked, findGrant } = cacheOf({ maxAgeMs: 60_000 })
  for (const token of ['good', 'bad']) {
    const grants = await Promise.all([findGrant(token), findGrant(token)])
    grants.push(await findGrant(token))
    assert.deepEqual(new Set(grants), new Set([token === 'good' ? grant : undefined]))
  }
  assert.deepEqual(asked, ['good', 'bad'])
})

test('an answer that is too old is asked for again', { timeout }, async t => {
  let nowMs = 0
  t.mock.method(performance, 'now', () => nowMs)
  const { asked, findGrant } = cacheOf({ maxAgeMs: 1_000 })
  for (const at of [0, 999, 1_000, 1_500]) {
    nowMs = at
    await findGrant('good')
  }
  assert.equal(asked.length, 2)
})

test('no more answers are kept than allowed; the oldest goes first', { timeout }, async () => {
  const { asked, findGrant } = cacheOf({ maxAgeMs: 60_000, maxEntries: 2 })
  for (const token of ['1', '2', '3', '3', '2', '1']) await findGrant(token)
  assert.deepEqual(asked, ['1', '2', '3', '1'])
})

test('a failed question is not remembered', { timeout }, async () => {
  const { findGrant, fail } = cacheOf({ maxAgeMs: 60_000 })
  fail(new Error('away'))
  await assert.rejects(findGrant('good'), /away/)
  fail()
  assert.equal(await findGrant('good'), grant)
})
