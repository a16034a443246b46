import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEventStream } from './event-stream.ts'

const timeout = 5_000

/** What is read of a text that comes in pieces of `size` bytes. */
function read(text: string, size = text.length) {
  const bytes = Buffer.from(text)
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  return Array.fromAsync(readEventStream(pieces()))
}

test('events are read wherever the bytes are cut, and with any ends of lines', { timeout }, async () => {
  for (const end of ['\n', '\r\n', '\r'])
    for (const size of [1, 2, 3, 1_000]) {
      const text = [': hello', 'data: {"a":"ü"}', '', 'event: deleted', 'data:one', 'data: two', '', ''].join(
        end,
      )
      assert.deepEqual(
        await read(`${text}${end}`, size),
        [
          { name: 'message', data: '{"a":"ü"}' },
          { name: 'deleted', data: 'one\ntwo' },
        ],
        JSON.stringify({ end, size }),
      )
    }
})

test('comments are no events, and what is cut off does not count', { timeout }, async () => {
  assert.deepEqual(await read(':\n\n:\n\ndata: 1\n\ndata: 2\n'), [{ name: 'message', data: '1' }])
})
