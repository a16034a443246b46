import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bases } from 'multiformats/basics'
import { CID } from 'multiformats/cid'
import { canonicalCid } from './canonical-cid.ts'
import { codeOf } from './testing/scan.ts'
import { blockOf, type TestHash, testHashes } from './testing/test-blocks.ts'

const v0 = 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnJtsW'
const v1 = 'bafybeie5nqv6kd3qnfjupgvz34woh3oksc3iau6abmyajn7qvtf6d2ho34'

const identityCid = (digestBytes: number) =>
  blockOf(0x55, new Uint8Array(digestBytes), 'identity').cid.toString()

test('the longest digest that IPFS nodes take is taken', { timeout: 10_000 }, () => {
  assert.equal(canonicalCid(identityCid(128)), identityCid(128))
})

test('a CIDv0 becomes the CIDv1 of the same content', { timeout: 10_000 }, () => {
  assert.equal(canonicalCid(v0), CID.parse(v0).toV1().toString())
})

test('a canonical CID stays as it is', { timeout: 10_000 }, () => {
  assert.equal(canonicalCid(v1), v1)
})

test('every multibase of every CID leads to the same text', { timeout: 30_000 }, () => {
  const hashes = fc.constantFrom(...(Object.keys(testHashes) as TestHash[]))
  fc.assert(
    fc.property(
      fc.constantFrom(0x55, 0x70, 0x71, 0x0129),
      fc.uint8Array({ maxLength: 64 }),
      hashes,
      (codec, bytes, hash) => {
        const { cid } = blockOf(codec, bytes, hash)
        for (const base of Object.values(bases)) {
          assert.equal(canonicalCid(base.encode(cid.bytes)), cid.toString(), base.name)
        }
      },
    ),
    { numRuns: 30 },
  )
})

for (const [name, text] of [
  ['nothing', ''],
  ['a word', 'hello'],
  ['a path', `/ipfs/${v1}`],
  ['a space in front', ` ${v1}`],
  ['a character outside of the base', v1.replace('q', '1')],
  ['a cut CID', v1.slice(0, -4)],
  ['bytes behind the CID', CID.parse(v1).toString() + 'aaaaaaaa'],
  ['a CIDv0 with a multibase prefix', `z${v0}`],
  ['a cut CIDv0', v0.slice(0, -1)],
  ['CID version 2', bases.base16.encode(Uint8Array.from([2, 0x55, 0, 1, 1]))],
  ['a varint longer than needed', bases.base16.encode(Uint8Array.from([1, 0xd5, 0x00, 0, 1, 1]))],
  ['a digest longer than IPFS nodes take', identityCid(129)],
  ['a text of a megabyte', 'z'.repeat(1_000_000)],
] as const) {
  test(`${name} is an invalid message that will never do`, { timeout: 10_000 }, () => {
    assert.equal(
      codeOf(() => canonicalCid(text)),
      'invalid-message (permanent)',
    )
  })
}

test('any text gives a canonical CID or a clear refusal', { timeout: 30_000 }, () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String()), text => {
      let canonical: string
      try {
        canonical = canonicalCid(text)
      } catch (error) {
        assert.match(String(error), /is not a CID: /)
        return
      }
      assert.equal(canonicalCid(canonical), canonical)
    }),
    { numRuns: 500 },
  )
})
