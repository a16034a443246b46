import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCar, flipBits } from '#libs/car/testing/build-car.ts'
import { exportDag, hashKey } from '#libs/car/testing/random-dag.ts'
import { cborBlock, rawBlock, type TestHash } from '#libs/car/testing/test-blocks.ts'
import { readCarBlocks } from './car-blocks.ts'

const hashes: TestHash[] = ['sha2-256', 'sha2-512', 'blake2b-256', 'sha3-256', 'blake3', 'identity']
const leaves = hashes.map(hash => rawBlock(`a leaf under ${hash}`, hash))
const top = cborBlock(leaves.map(({ cid }) => cid))
const car = buildCar(exportDag(top.cid, [top, ...leaves]))

test('a sound CAR is read with all its blocks, but for identity', { timeout: 5_000 }, async () => {
  const { roots, sections, dagBytes, blocks } = await readCarBlocks(car)
  assert.deepEqual(roots, [top.cid.toString()])
  assert.equal(sections, 7)
  assert.equal(
    dagBytes,
    [top, ...leaves].reduce((sum, { bytes }) => sum + bytes.length, 0),
  )
  const hashed = [top, ...leaves.slice(0, -1)]
  assert.deepEqual(blocks, new Map(hashed.map(({ cid, bytes }) => [hashKey(cid), bytes])))
})

for (const [index, hash] of hashes.entries()) {
  test(`a flipped bit in a block under ${hash} is noticed`, { timeout: 5_000 }, async () => {
    const leaf = leaves[index]!
    // The bytes of an identity block are in its CID too; its section is the last, so the last match is the block.
    const at = Buffer.from(car).lastIndexOf(leaf.bytes)
    const damaged = flipBits(car, at + 3)
    await assert.rejects(readCarBlocks(damaged), {
      message: `block ${leaf.cid.toString()} does not match its hash`,
    })
  })
}

test('a CAR that is cut inside a block is refused', { timeout: 5_000 }, async () => {
  await assert.rejects(readCarBlocks(car.subarray(0, -1)), /Unexpected end of data/)
})
