import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeVarint } from './testing/build-car.ts'
import { INCOMPLETE, MALFORMED, readVarint } from './varint.ts'

const read = (bytes: number[] | Uint8Array) => {
  const cursor = { bytes: Uint8Array.from(bytes), offset: 0, end: bytes.length }
  return { value: readVarint(cursor), offset: cursor.offset }
}

test('it reads what multiformats writes, and stops behind it', { timeout: 10_000 }, () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), value => {
      const bytes = encodeVarint(value)
      assert.deepEqual(read([...bytes, 0x7f]), { value, offset: bytes.length })
    }),
  )
})

test('a varint that is cut is incomplete and leaves the cursor', { timeout: 10_000 }, () => {
  assert.deepEqual(read([]), { value: INCOMPLETE, offset: 0 })
  assert.deepEqual(read([0x80]), { value: INCOMPLETE, offset: 0 })
  assert.deepEqual(read([0xff, 0xff, 0xff]), { value: INCOMPLETE, offset: 0 })
})

test('a varint longer than needed, than 9 bytes or than 2^53 is malformed', { timeout: 10_000 }, () => {
  assert.equal(read([0x80, 0x00]).value, MALFORMED)
  assert.equal(read([0x81, 0x80, 0x00]).value, MALFORMED)
  assert.equal(read(Array.from({ length: 10 }, () => 0x81)).value, MALFORMED)
  assert.equal(read([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).value, MALFORMED)
  assert.equal(read([0x00]).value, 0)
})
