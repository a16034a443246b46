import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { startTestApp, type TestApp } from '../testing/test-app.ts'

const timeout = 20_000
let app: TestApp
before(async () => {
  app = await startTestApp({ settings: { CLUSTER_RESTAPI_BASICAUTHCREDENTIALS: 'user:secret' } })
})
after(() => app[Symbol.asyncDispose]())

test('the page is public, and may load nothing but what this server gives it', { timeout }, async () => {
  const { status, headers, text } = await app.call('GET', '/dashboard')
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  assert.equal(
    headers['content-security-policy'],
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.doesNotMatch(text, /https?:|<style|style=|<script[^>]*>[^<]/)
  const slashed = await app.call('GET', '/dashboard/')
  assert.deepEqual([slashed.status, slashed.headers['location']], [307, '/dashboard'])
})

test('each of its files is served with its type, and is not sent again while it is the same', {
  timeout,
}, async () => {
  const files = await readdir(new URL('./browser/', import.meta.url))
  assert.ok(files.length > 10)
  for (const file of files.filter(name => name !== 'index.html')) {
    const { status, headers } = await app.call('GET', `/dashboard/${file}`)
    assert.equal(status, 200, file)
    assert.match(String(headers['content-type']), /^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/)
    assert.equal(headers['cache-control'], 'no-cache')
    const again = await app.app.inject({
      url: `/dashboard/${file}`,
      headers: { 'if-none-match': String(headers['etag']) },
    })
    assert.deepEqual([again.statusCode, again.body], [304, ''], file)
  }
})

test('what is no file of it is not there', { timeout }, async () => {
  for (const path of ['/dashboard/nothing.js', '/dashboard/../main.ts', '/dashboard/%2e%2e%2fmain.ts'])
    assert.notEqual((await app.call('GET', path)).status, 200, path)
})
