import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { chunksOf } from './body-chunks.ts'

const timeout = 5_000
const chunk = (text: string) => Buffer.from(text)

test('chunks that have gathered come one by one, each as it is', { timeout }, async () => {
  const sent = ['a', 'bc', 'def'].map(chunk)
  const body = new Readable({ read() {} })
  for (const each of sent) body.push(each)
  body.push(null)
  const received = await Array.fromAsync(chunksOf(body))
  assert.equal(received.length, sent.length)
  for (const [i, each] of received.entries()) assert.equal(each, sent[i])
})

test('a body without a byte has no chunks', { timeout }, async () => {
  assert.deepEqual(await Array.fromAsync(chunksOf(Readable.from([]))), [])
})

test('a body that nobody reads on is paused, and loses nothing', { timeout }, async () => {
  let made = 0
  const count = 1_000
  const body = new Readable({
    read() {
      this.push(made < count ? chunk(String(made++)) : null)
    },
    highWaterMark: 1,
  })
  const chunks = chunksOf(body)
  await chunks.next()
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
  assert.ok(made < 20, `${made} chunks were made for a reader of one`)
  const rest = await Array.fromAsync(chunks)
  assert.deepEqual(
    rest.map(String),
    Array.from({ length: count - 1 }, (_, i) => String(i + 1)),
  )
})

test('a failure is thrown after the chunks before it', { timeout }, async () => {
  const body = new Readable({ read() {} })
  const chunks = chunksOf(body)
  const first = chunks.next()
  body.push(chunk('a'))
  assert.equal(String((await first).value), 'a')
  body.destroy(new Error('connection reset'))
  await assert.rejects(chunks.next(), /connection reset/)
})

test('a body that is closed before its end is no whole body', { timeout }, async () => {
  const body = new Readable({ read() {} })
  const chunks = chunksOf(body)
  const first = chunks.next()
  body.push(chunk('a'))
  await first
  body.destroy()
  await assert.rejects(chunks.next(), /closed before the end/)
})

test('a reader that leaves early closes the body, and hears nothing of it any more', {
  timeout,
}, async () => {
  const body = new Readable({ read() {} })
  body.push(chunk('a'))
  for await (const each of chunksOf(body)) {
    assert.equal(String(each), 'a')
    break
  }
  assert.ok(body.destroyed)
  body.emit('error', new Error('connection reset'))
})

test('a body that was gone before anybody read it is refused with its reason', { timeout }, async () => {
  for (const [error, expected] of [
    [new Error('connection reset'), /connection reset/],
    [undefined, /closed before the end/],
  ] as const) {
    const body = new Readable({ read() {} }).on('error', () => undefined)
    body.destroy(error)
    await new Promise(setImmediate)
    await assert.rejects(Array.fromAsync(chunksOf(body)), expected)
  }
})
