import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { hashFunction, isSupportedDigest } from './hash-functions.ts'
import { testBytes } from './testing/build-car.ts'
import { testHashes } from './testing/test-blocks.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function digestOf(code: number, bytes: Uint8Array) {
  const found = hashFunction(code)
  assert.ok(found, `no hash function 0x${code.toString(16)}`)
  return hex(found.digest(bytes))
}

// Of "abc": FIPS 180-4 and 202, the Keccak team, RFC 7693 and the BLAKE3 reference.
const vectors: [name: string, code: number, digest: string][] = [
  ['sha1', 0x11, 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['sha2-256', 0x12, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['dbl-sha2-256', 0x56, '4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358'],
  ['sha3-224', 0x17, 'e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf'],
  ['sha3-256', 0x16, '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532'],
  ['keccak-224', 0x1a, 'c30411768506ebe1c2871b1ee2e87d38df342317300a9b97a95ec6a8'],
  ['keccak-256', 0x1b, '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'],
  ['blake2s-256', 0xb260, '508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982'],
  ['blake2b-256', 0xb220, 'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319'],
]

for (const [name, code, digest] of vectors) {
  test(`${name} gives the published digest of "abc"`, { timeout: 10_000 }, () => {
    assert.equal(digestOf(code, Buffer.from('abc')), digest)
  })
}

test('BLAKE3 gives the published digest, of which a shorter one is the beginning', {
  timeout: 10_000,
}, () => {
  const published = '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85'
  assert.ok(digestOf(0x1e, Buffer.from('abc')).startsWith(published))
})

test('every function agrees with an independent one, whole and in pieces', { timeout: 20_000 }, () => {
  const bytes = testBytes(5000, 1)
  for (const [name, { code, digest }] of Object.entries(testHashes)) {
    if (name === 'identity') continue
    const expected = hex(digest(bytes))
    assert.ok(digestOf(code, bytes).startsWith(expected), name)
    const pieces = hashFunction(code)!.begin()
    for (let at = 0; at < bytes.length; at += 333) pieces.update(bytes.subarray(at, at + 333))
    assert.ok(hex(pieces.digest()).startsWith(expected), `${name} in pieces`)
  }
  for (const [code, name] of [
    [0x15, 'sha3-384'],
    [0x14, 'sha3-512'],
    [0x13, 'sha512'],
  ] as const) {
    assert.equal(digestOf(code, bytes), createHash(name).update(bytes).digest('hex'))
  }
})

test('digests are supported from 20 bytes up to the length of the function', { timeout: 10_000 }, () => {
  const limits: [code: number, longest: number][] = [
    [0x11, 20],
    [0x12, 32],
    [0x13, 64],
    [0x14, 64],
    [0x15, 48],
    [0x16, 32],
    [0x17, 28],
    [0x19, 64],
    [0x1a, 28],
    [0x1b, 32],
    [0x1c, 48],
    [0x1d, 64],
    [0x1e, 128],
    [0x56, 32],
    [0xb214, 20],
    [0xb220, 32],
    [0xb240, 64],
    [0xb254, 20],
    [0xb260, 32],
  ]
  for (const [code, longest] of limits) {
    const name = `0x${code.toString(16)}`
    assert.equal(isSupportedDigest(code, longest), true, name)
    assert.equal(isSupportedDigest(code, 20), true, name)
    assert.equal(isSupportedDigest(code, 19), false, name)
    assert.equal(isSupportedDigest(code, longest + 1), false, name)
  }
})

test('identity is supported up to 128 bytes', { timeout: 10_000 }, () => {
  assert.equal(isSupportedDigest(0x00, 0), true)
  assert.equal(isSupportedDigest(0x00, 128), true)
  assert.equal(isSupportedDigest(0x00, 129), false)
})

test('functions that Kubo does not fetch are not supported', { timeout: 10_000 }, () => {
  // md5, sha2-384, murmur3, shake-128, BLAKE2 with short digests, poseidon, an unassigned code.
  for (const code of [0xd5, 0x20, 0x22, 0x18, 0xb213, 0xb253, 0xb401, 0x999999]) {
    for (const length of [19, 20, 32, 48, 64]) assert.equal(isSupportedDigest(code, length), false)
  }
})
