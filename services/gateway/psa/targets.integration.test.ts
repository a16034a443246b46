import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { type PinningApp, startPinningApp } from './testing/pinning-app.ts'

const timeout = 20_000
let app: PinningApp
let token: string
let port: number
before(async () => {
  app = await startPinningApp()
  port = Number(new URL(await app.app.listen({ host: '127.0.0.1', port: 0 })).port)
  token = (await app.client('alice')).token
})
after(() => app[Symbol.asyncDispose]())

/** Sends the target as it is. */
async function ask(path: string, { authorization = `Bearer ${token}`, method = 'GET' } = {}) {
  const asking = request({ host: '127.0.0.1', port, path, method, headers: { authorization } }).end()
  const [response] = await once(asking, 'response')
  return { status: response.statusCode, keys: Object.keys((await json(response)) as object) }
}

test('a target of any form is of the API whose route it leads to', { timeout }, async () => {
  for (const start of ['', 'http://pickup.example', 'HTTP://pickup.example:1']) {
    for (const path of ['/psa/pins', '/%70sa/pins', '/psa/p%69ns?status=queued']) {
      const known = await ask(start + path)
      assert.deepEqual([known.status, known.keys], [200, ['count', 'results']], start + path)
      const unknown = await ask(start + path, { authorization: 'Bearer none' })
      assert.deepEqual([unknown.status, unknown.keys], [401, ['error']], start + path)
    }
    const nothing = await ask(`${start}/%70sa/nothing`)
    assert.deepEqual([nothing.status, nothing.keys], [404, ['error']])
    const method = await ask(`${start}/%70sa/pins`, { method: 'DELETE' })
    assert.deepEqual([method.status, method.keys], [405, ['error']])
  }
})

test('no form of a target opens the API of ipfs-cluster to a token of this one', { timeout }, async () => {
  for (const path of [
    '/pins',
    '/%70ins',
    'http://host/pins',
    'http://psa/pins',
    'http://host/psa/../pins',
    '/psa/../pins',
    '/psa%2F..%2Fpins',
    '//psa/pins',
    '/%2570sa/pins',
    '/pins?/psa/',
    '/pins#/psa',
  ]) {
    const { status } = await ask(path)
    assert.ok(status === 401 || status === 404, `${path} ${status}`)
  }
})
