import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { joinBytes, testBytes } from '../testing/build-car.ts'
import { protobufField, unixFsData, unixFsTypes } from '../testing/unixfs.ts'
import { unixFsDataBytes } from './unixfs-data.ts'

const timeout = 30_000

/** What lies around it in the block must not count. */
function dataBytesOf(data: Uint8Array): number {
  const block = joinBytes([Uint8Array.of(0x0a, 0x7f), data, Uint8Array.of(0x12, 0x05)])
  return unixFsDataBytes(block, { offset: 2 }, 2 + data.length)
}

/** Of a varint that goes on. */
const nineBytes = Array.from({ length: 9 }, () => 0xff)
const hello = new TextEncoder().encode('hello')

test('files and symlinks carry their data, directories and metadata none', { timeout }, () => {
  for (const [type, expected] of [
    ['raw', 5],
    ['file', 5],
    ['symlink', 5],
    ['directory', 0],
    ['hamtShard', 0],
    ['metadata', 0],
  ] as const) {
    assert.equal(dataBytesOf(unixFsData(type, hello)), expected, type)
    assert.equal(dataBytesOf(unixFsData(type)), 0, type)
  }
})

// What else a message may have: sizes of blocks, one by one and packed, hash type, fan-out, mode, time, what a later
// version adds in each wire type.
const otherFields: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .record({ field: fc.constantFrom(3, 4, 5, 6, 7, 15, 2 ** 20), value: fc.maxSafeNat() })
    .map(({ field, value }) => protobufField(field, value)),
  fc
    .record({ field: fc.constantFrom(4, 8, 100), value: fc.uint8Array({ maxLength: 20 }) })
    .map(({ field, value }) => protobufField(field, value)),
  fc.constant(Uint8Array.of((9 << 3) | 5, 1, 2, 3, 4)),
  fc.constant(Uint8Array.of((9 << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8)),
  // -1 as int64, of 10 bytes; and a 0 that is longer than needed.
  fc.constant(Uint8Array.of(9 << 3, ...nineBytes, 0x01)),
  fc.constant(Uint8Array.of(9 << 3, 0x80, 0x00)),
)

test('the fields may be in any order, among others', { timeout }, () => {
  const types = fc.constantFrom(...(Object.keys(unixFsTypes) as (keyof typeof unixFsTypes)[]))
  const data = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined })
  const message = fc.record({ type: types, data, others: fc.array(otherFields, { maxLength: 6 }) })
  fc.assert(
    fc.property(message, fc.infiniteStream(fc.nat()), ({ type, data, others }, places) => {
      const fields = [...others]
      const add = (field: Uint8Array) =>
        fields.splice((places.next().value ?? 0) % (fields.length + 1), 0, field)
      add(protobufField(1, unixFsTypes[type]))
      if (data) add(protobufField(2, data))
      const isData = ['raw', 'file', 'symlink'].includes(type)
      assert.equal(dataBytesOf(joinBytes(fields)), isData ? (data?.length ?? 0) : 0)
    }),
    { numRuns: 1_000 },
  )
})

test('whatever the bytes are, it answers with a number of them', { timeout }, () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      const answer = dataBytesOf(bytes)
      assert.ok(Number.isInteger(answer) && answer >= 0 && answer <= bytes.length)
    }),
    { numRuns: 5_000 },
  )
})

for (const [what, bytes] of Object.entries({
  'a text': new TextEncoder().encode('just some text'),
  'data without a type': protobufField(2, hello),
  'a type that is not known': joinBytes([protobufField(1, 6), protobufField(2, hello)]),
  'a type that is no number': joinBytes([protobufField(1, Uint8Array.of(2)), protobufField(2, hello)]),
  'a cut message': unixFsData('file', hello).subarray(0, -1),
  'data that is cut': joinBytes([
    protobufField(1, unixFsTypes.file),
    protobufField(2, hello).subarray(0, -1),
  ]),
  'a directory with a byte too much': joinBytes([unixFsData('directory'), Uint8Array.of(0x20)]),
  'a fixed number that is cut': joinBytes([unixFsData('directory'), Uint8Array.of((9 << 3) | 1, 1)]),
  'a group': joinBytes([unixFsData('directory'), Uint8Array.of((9 << 3) | 3, (9 << 3) | 4)]),
  'a field without a number': joinBytes([unixFsData('directory'), Uint8Array.of(0x00, 0x01)]),
  'a varint of 11 bytes': joinBytes([
    unixFsData('directory'),
    Uint8Array.of(9 << 3, ...nineBytes, 0xff, 0x01),
  ]),
  'a length of 2^60': Uint8Array.of(0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10),
})) {
  test(`${what} is no UnixFS, and data as a whole`, { timeout }, () => {
    assert.equal(dataBytesOf(bytes), bytes.length)
  })
}

test('of a field that comes twice the last counts', { timeout }, () => {
  const twice = joinBytes([unixFsData('directory', hello), unixFsData('file', testBytes(7, 1))])
  assert.equal(dataBytesOf(twice), 7)
})
