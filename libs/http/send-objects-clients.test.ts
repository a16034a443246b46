import assert from 'node:assert/strict'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { answerOf, listServer, silentClient } from './testing/list-server.ts'

const timeout = 20_000
const mebibyte = 1024 ** 2
const page = (size: number) => [{ text: 'x'.repeat(size) }]

test('pages are not read ahead of a client that takes nothing, and all of them arrive once it does', {
  timeout,
}, async () => {
  let pulls = 0
  let mostHeldBytes = 0
  await using server = await listServer(async function* () {
    for (; pulls < 64; pulls++) {
      mostHeldBytes = Math.max(mostHeldBytes, server.writing[0]?.writableLength ?? 0)
      yield page(mebibyte)
    }
  })
  const client = await silentClient(server.port)
  for (let quietTurns = 0, before = -1; quietTurns < 200; before = pulls) {
    await setImmediate()
    quietTurns = pulls === before && server.writing[0]?.writableNeedDrain ? quietTurns + 1 : 0
  }
  assert.ok(pulls < 40, `${pulls} of 64 pages were read for a client that took none`)
  const received = await text(client)
  assert.equal(received.split('"text"').length - 1, 64)
  assert.ok(mostHeldBytes < 3 * mebibyte, `${mostHeldBytes} bytes were held`)
})

test('when the client goes away the source is closed', { timeout }, async () => {
  const closed = Promise.withResolvers<void>()
  await using server = await listServer(async function* () {
    try {
      for (;;) yield page(mebibyte)
    } finally {
      closed.resolve()
    }
  })
  const client = await silentClient(server.port)
  await once(client.resume(), 'data')
  client.destroy()
  await closed.promise
})

test('when the client went away before the first page the source is closed too', { timeout }, async () => {
  const asked = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  await using server = await listServer(async function* () {
    try {
      asked.resolve()
      if (!server.writing[0]?.closed) await once(server.writing[0] ?? assert.fail(), 'close')
      for (;;) yield page(mebibyte)
    } finally {
      closed.resolve()
    }
  })
  const client = await silentClient(server.port)
  await asked.promise
  client.destroy()
  await closed.promise
})

test('a client that takes nothing for too long is disconnected and the source is closed', {
  timeout,
}, async () => {
  const closed = Promise.withResolvers<void>()
  await using server = await listServer(
    async function* () {
      try {
        for (;;) yield page(mebibyte)
      } finally {
        closed.resolve()
      }
    },
    { stallTimeoutMs: 100 },
  )
  const client = await silentClient(server.port)
  await closed.promise
  client.on('error', () => {}).destroy()
})

test('a source that needs longer than the reader may is not taken for a reader that takes nothing', {
  timeout,
}, async () => {
  const { body } = await answerOf(
    async function* () {
      yield [{ n: 1 }]
      await setTimeout(350)
      yield [{ n: 2 }]
    },
    { stallTimeoutMs: 100 },
  )
  assert.equal(body, '{"n":1}\n{"n":2}\n')
})
