import assert from 'node:assert/strict'
import { randomFillSync } from 'node:crypto'
import { test } from 'node:test'
import { createCidParts, parseCid } from './cid-bytes.ts'
import { DigestTable } from './digest-table.ts'
import { createFingerprint, FINGERPRINT_WORDS } from './fingerprint.ts'
import { rawBlock, type TestHash } from './testing/test-blocks.ts'

test('it finds every entry with its flags after growing, and nothing else', { timeout: 20_000 }, () => {
  const entries = 20_000
  const keys = randomFillSync(new Int32Array(entries * FINGERPRINT_WORDS))
  const key = (index: number) => keys.subarray(index * FINGERPRINT_WORDS, (index + 1) * FINGERPRINT_WORDS)
  const table = new DigestTable()
  for (let i = 0; i < entries; i++) {
    assert.equal(table.find(key(i)), -1)
    assert.equal(table.add(key(i), 1 + (i % 65_535)), table.find(key(i)))
  }
  assert.equal(table.size, entries)
  assert.ok(table.generation > 0)
  for (let i = 0; i < entries; i++) assert.equal(table.flags(table.find(key(i))), 1 + (i % 65_535))
})

test('keys that share their first word are kept apart', { timeout: 10_000 }, () => {
  const table = new DigestTable()
  for (let i = 0; i < 100; i++) table.add(Int32Array.of(1023, 0, 0, i), i + 1)
  for (let i = 0; i < 100; i++) assert.equal(table.flags(table.find(Int32Array.of(1023, 0, 0, i))), i + 1)
  assert.equal(table.find(Int32Array.of(1023, 0, 0, 100)), -1)
})

test('a fingerprint depends on the whole multihash, on the key of its maker and not on the codec', {
  timeout: 10_000,
}, () => {
  const [one, two] = [createFingerprint(), createFingerprint()]
  const partsOf = (bytes: Uint8Array) => {
    const parts = createCidParts()
    assert.equal(parseCid(bytes, 0, bytes.length, parts), bytes.length)
    return parts
  }
  for (const hash of ['sha2-256', 'blake3', 'sha2-512', 'identity'] as TestHash[]) {
    const bytes = rawBlock('block', hash).cid.bytes
    const original = [...one(partsOf(bytes))]
    assert.deepEqual([...one(partsOf(bytes))], original)
    assert.notDeepEqual([...two(partsOf(bytes))], original)
    const otherCodec = bytes.with(1, 0x70)
    assert.deepEqual([...one(partsOf(otherCodec))], original)
    for (let at = 4; at < bytes.length; at++) {
      assert.notDeepEqual([...one(partsOf(bytes.with(at, bytes[at]! ^ 1)))], original, `${hash} byte ${at}`)
    }
  }
})

test('digests that somebody makes alike have fingerprints that differ in every word', {
  timeout: 10_000,
}, () => {
  const fingerprint = createFingerprint()
  const digests = 20_000
  const seen = Array.from({ length: FINGERPRINT_WORDS }, () => new Set<number>())
  const cid = createCidParts()
  for (let i = 0; i < digests; i++) {
    const bytes = rawBlock('block').cid.bytes.slice().fill(0xff, 4)
    bytes[4] = i
    bytes[35] = i >>> 8
    parseCid(bytes, 0, bytes.length, cid)
    for (const [at, word] of fingerprint(cid).entries()) seen[at]?.add(word)
  }
  // By chance 0.05 pairs of 20,000 words of 32 bits are equal; 8 of them are never.
  for (const words of seen) assert.ok(words.size > digests - 8, `${words.size} different words`)
})
