import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PermanentError } from '#libs/errors/index.ts'
import { pinFailed, pinRequested } from './index.ts'

const text = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const body = (data: unknown) => text({ v: 1, id: 'one', at: '2026-01-01T00:00:00Z', data })
const rejects = (bytes: Uint8Array, message: RegExp) =>
  assert.throws(
    () => pinRequested.decode(bytes),
    (error: unknown) =>
      error instanceof PermanentError && error.code === 'invalid-message' && message.test(error.message),
  )

test('what is encoded decodes to the same', () => {
  const data = { cid: 'bafkqaaa', origins: ['/ip4/1.2.3.4/tcp/4001'], meta: { a: 'b' } }
  const decoded = pinRequested.decode(pinRequested.encode('id-1', data, new Date(0)))
  assert.deepEqual(decoded, { v: 1, id: 'id-1', at: '1970-01-01T00:00:00.000Z', data })
})

test('a bad body is refused with the field and the rule', () => {
  rejects(text('{'), /not JSON/)
  rejects(new Uint8Array([0xff, 0xfe]), /not JSON in UTF-8/)
  rejects(text('null'), /body must be object/)
  rejects(text({ v: 2, id: 'one', at: '2026-01-01T00:00:00Z', data: { cid: 'x' } }), /v1: v must be/)
  rejects(body({}), /data must have required properties cid/)
  rejects(body({ cid: 3 }), /data\.cid must be string/)
  rejects(body({ cid: 'x', origins: 'y' }), /data\.origins must be array/)
  rejects(body({ cid: 'x', meta: { a: 1 } }), /data\.meta\.a must be string/)
  rejects(body({ cid: 'x', generation: 0 }), /data\.generation must be >= 1/)
})

test('fields that a later sender adds are accepted', () => {
  assert.equal(pinRequested.decode(body({ cid: 'x', priority: 1 })).data.cid, 'x')
})

test('a sender cannot publish what a reader would refuse', () => {
  const data = { cid: 'x', generation: 1, step: 'fetch' as const, code: '', message: '', missingCids: [] }
  assert.throws(() => pinFailed.encode('id', data), PermanentError)
})
