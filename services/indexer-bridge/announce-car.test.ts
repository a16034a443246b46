import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createAnnounceCar } from './announce-car.ts'

const car = { bucket: 'cars', key: 'bag/bag.car', region: 'eu' }

/** Calls {@link createAnnounceCar} on a queue whose server answers as `status` says, or never. */
async function announceTo(status?: number) {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    request.on('data', chunk => bodies.push(String(chunk)))
    request.once('end', () => {
      if (status) response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  const endpoint = `http://127.0.0.1:${address.port}`
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const sqs = new SQSClient({ endpoint, region: 'eu', credentials, maxAttempts: 1, md5: false })
  const [outcome] = await Promise.allSettled([createAnnounceCar(sqs, `${endpoint}/0/q`)(car)])
  sqs.destroy()
  server.closeAllConnections()
  server.close()
  return { outcome, body: bodies.join('') }
}

test('the message is region, bucket and key, as the indexer reads it', { timeout: 10_000 }, async () => {
  const { outcome, body } = await announceTo(200)
  assert.equal(outcome.status, 'fulfilled')
  assert.equal(JSON.parse(body).MessageBody, 'eu/cars/bag/bag.car')
})

test('a queue that refuses is an error', { timeout: 10_000 }, async () => {
  assert.equal((await announceTo(500)).outcome.status, 'rejected')
})

test('a queue that never answers does not hold the bridge for ever', { timeout: 30_000 }, async () => {
  assert.equal((await announceTo()).outcome.status, 'rejected')
})
