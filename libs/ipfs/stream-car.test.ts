import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'

import { connectNode } from './testing/connect-node.ts'

for (const carSource of ['gateway', 'dag-export'] as const) {
  test(`${carSource}: aborting closes the request, which carries the credentials of its URL`, {
    timeout: 5_000,
  }, async () => {
    const closed = Promise.withResolvers<void>()
    let authorization: string | undefined
    const server = createServer((request, response) => {
      authorization = request.headers.authorization
      response.on('close', () => closed.resolve())
      response.writeHead(200, { 'content-type': 'application/vnd.ipld.car' }).write(Buffer.alloc(1_000))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const url = `http://user:p%40ss@127.0.0.1:${port}`
    const source = connectNode({ apiUrl: url, gatewayUrl: url }, { carSource })
    const stop = new AbortController()
    const reason = new Error('the pin was cancelled')
    const reading = Array.fromAsync(source.streamCar('bafkqaaa', { timeoutMs: 4_000, signal: stop.signal }))
    await once(server, 'request')
    stop.abort(reason)
    await assert.rejects(reading, error => error === reason)
    await closed.promise
    await source[Symbol.asyncDispose]()
    server.close()
    assert.equal(authorization, `Basic ${Buffer.from('user:p@ss').toString('base64')}`)
  })
}
