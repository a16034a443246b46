import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createAnnounceCar } from './announce-car.ts'

type Entry = { Id: string; MessageBody: string }
/** What the queue's server says to a batch: a body with status 200, another status, or nothing at all. */
type Answer = (entries: Entry[]) => object | number | undefined

const timeout = 30_000
const carOf = (key: string) => ({ bucket: 'cars', key, region: 'eu' })
const accept: Answer = entries => ({ Successful: entries.map(({ Id }) => ({ Id })), Failed: [] })

async function startQueue(answer: Answer) {
  const batches: Entry[][] = []
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const { Entries } = (await json(request)) as { Entries: Entry[] }
    batches.push(Entries)
    const said = answer(Entries)
    if (said === undefined) return
    const headers = { 'content-type': 'application/x-amz-json-1.0' }
    response.writeHead(typeof said === 'number' ? said : 200, headers).end(JSON.stringify(said))
  }
  const server = createServer((request, response) => {
    respond(request, response).catch((error: Error) => response.destroy(error))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  const endpoint = `http://127.0.0.1:${address.port}`
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const sqs = new SQSClient({ endpoint, region: 'eu', credentials, maxAttempts: 1, md5: false })
  return {
    batches,
    announceCar: createAnnounceCar(sqs, `${endpoint}/0/q`),
    [Symbol.dispose]() {
      sqs.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

test('the message is region, bucket and key, as the indexer reads it', { timeout }, async () => {
  using queue = await startQueue(accept)
  await queue.announceCar(carOf('bag/bag.car'))
  assert.deepEqual(queue.batches, [[{ Id: '0', MessageBody: 'eu/cars/bag/bag.car' }]])
})

test('what is told together goes in batches of at most ten, each message once', { timeout }, async () => {
  using queue = await startQueue(accept)
  const keys = Array.from({ length: 57 }, (_, i) => `${i}.car`)
  await Promise.all(keys.map(key => queue.announceCar(carOf(key))))
  assert.ok(queue.batches.every(entries => entries.length <= 10))
  assert.ok(queue.batches.length < keys.length / 2, `${queue.batches.length} requests`)
  const sent = queue.batches.flat().map(({ MessageBody }) => MessageBody.replace('eu/cars/', ''))
  assert.deepEqual(sent.toSorted(), keys.toSorted())
})

test('a message that the queue refuses is an error, and the others of its batch are sent', {
  timeout,
}, async () => {
  using queue = await startQueue(entries => ({
    Successful: entries.slice(2).map(({ Id }) => ({ Id })),
    Failed: [{ Id: '0', SenderFault: true, Code: 'InvalidMessageContents', Message: 'odd' }],
  }))
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(key => queue.announceCar(carOf(key))))
  assert.deepEqual(
    outcomes.map(outcome => (outcome.status === 'rejected' ? String(outcome.reason) : 'sent')),
    [
      'Error: the queue refused the message for a: InvalidMessageContents: odd',
      'Error: the queue refused the message for b: no answer for it',
      'sent',
    ],
  )
})

test('a queue whose server fails is an error', { timeout }, async () => {
  using queue = await startQueue(() => 500)
  await assert.rejects(queue.announceCar(carOf('a')))
})

test('a queue that never answers does not hold the bridge for ever', { timeout }, async () => {
  using queue = await startQueue(() => undefined)
  await assert.rejects(queue.announceCar(carOf('a')))
})
