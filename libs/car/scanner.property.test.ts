import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CarReader } from '@ipld/car'
import fc from 'fast-check'
import { createCarScanner } from './scanner.ts'
import { buildCar, carHeader, carSection, flipBits, type TestDag } from './testing/build-car.ts'
import { randomDags } from './testing/random-dag.ts'
import { referenceCheck } from './testing/reference-check.ts'
import { failureOfScan, scanCar, wideLimits } from './testing/scan.ts'
import { asCodec, cborBlock, pbBlock, rawBlock, type TestBlock } from './testing/test-blocks.ts'

const timeout = 120_000

function verdictOf({ root, blocks }: TestDag, chunkBytes: number): string | undefined {
  const car = buildCar({ root, blocks })
  return referenceCheck(root, blocks) === undefined
    ? void scanCar(root, car, { chunkBytes })
    : failureOfScan(root, car, { chunkBytes })
}

test('a random DAG is complete, with the blocks that @ipld/car reads', { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(randomDags, fc.integer({ min: 1, max: 3000 }), async (dag, chunkBytes) => {
      const car = buildCar(dag)
      const report = scanCar(dag.root, car, { chunkBytes })
      const reader = await CarReader.fromBytes(car)
      const [root] = await reader.getRoots()
      let blocks = 0
      let dagBytes = 0
      for await (const { bytes } of reader.blocks()) {
        blocks++
        dagBytes += bytes.length
      }
      assert.deepEqual(
        { root: report.root, blocks: report.blocks, dagBytes: report.dagBytes, sizeBytes: report.sizeBytes },
        { root: root?.toString(), blocks, dagBytes, sizeBytes: car.length },
      )
    }),
    { numRuns: 300 },
  )
})

test('identity blocks may be left out, as the gateway of Kubo does', { timeout }, () => {
  fc.assert(
    fc.property(randomDags, ({ root, blocks }) => {
      const sent = blocks.filter(({ cid }) => cid.multihash.code !== 0)
      assert.equal(scanCar(root, buildCar({ root, blocks: sent })).blocks, sent.length)
    }),
    { numRuns: 200 },
  )
})

test('the first missing CID is the next block of a depth-first export', { timeout }, () => {
  fc.assert(
    fc.property(randomDags, ({ root, blocks }) => {
      const scanner = createCarScanner({ root, limits: wideLimits })
      scanner.push(carHeader([root]))
      for (const block of blocks) {
        const next = scanner.missing(1)
        // Blocks that are needed no more are repetitions: identity blocks, and bytes that came under another
        // codec.
        const isNeeded = scanner.missing(Number.POSITIVE_INFINITY).includes(block.cid.toString())
        if (isNeeded) assert.deepEqual(next, [block.cid.toString()])
        scanner.push(carSection(block))
      }
      assert.deepEqual(scanner.missing(1), [])
    }),
    { numRuns: 300 },
  )
})

type Damage = (blocks: TestBlock[], at: number, by: number) => TestBlock[]

const damages: Record<string, Damage> = {
  drop: (blocks, at) => blocks.toSpliced(at, 1),
  repeat: (blocks, at, by) => blocks.toSpliced(by % (blocks.length + 1), 0, blocks[at]!),
  move: (blocks, at, by) => blocks.toSpliced(at, 1).toSpliced(by % blocks.length, 0, blocks[at]!),
  truncate: (blocks, at) => blocks.slice(0, at),
  foreign: (blocks, at) => blocks.toSpliced(at, 0, rawBlock('foreign block')),
  retag: (blocks, at, by) => blocks.with(at, asCodec(blocks[at]!, [0x55, 0x70, 0x71, 0x0129][by % 4]!)),
  swapBytes: (blocks, at, by) =>
    blocks.with(at, { cid: blocks[at]!.cid, bytes: blocks[by % blocks.length]!.bytes }),
  flip: (blocks, at, by) => {
    const { cid, bytes } = blocks[at]!
    return bytes.length === 0 ? blocks : blocks.with(at, { cid, bytes: flipBits(bytes, by % bytes.length) })
  },
}

for (const [name, damage] of Object.entries(damages)) {
  test(`after "${name}" the scanner says what the rules say`, { timeout }, () => {
    fc.assert(
      fc.property(
        randomDags,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 2000 }),
        (dag, at, by, chunkBytes) => {
          const blocks = damage(dag.blocks, at % dag.blocks.length, by)
          assert.equal(verdictOf({ root: dag.root, blocks }, chunkBytes), referenceCheck(dag.root, blocks))
        },
      ),
      { numRuns: 200 },
    )
  })
}

// One small CAR with every kind of section, for the tests that go through it byte by byte.
const leaf = rawBlock('leaf')
const blake = rawBlock('blake', 'blake2b-256')
const inline = cborBlock({ leaf: leaf.cid }, 'identity')
const node = cborBlock({ blake: blake.cid, inline: inline.cid })
const top = pbBlock([leaf.cid, node.cid])
const small: TestDag = {
  root: top.cid,
  blocks: [{ cid: top.cid.toV0(), bytes: top.bytes }, leaf, node, blake, inline],
}
const smallCar = buildCar(small)

test('a chunk may end at any byte', { timeout }, () => {
  const expected = scanCar(small.root, smallCar)
  for (let at = 0; at <= smallCar.length; at++) {
    const scanner = createCarScanner({ root: small.root, limits: wideLimits })
    scanner.push(smallCar.slice(0, at))
    scanner.push(smallCar.slice(at))
    assert.deepEqual(scanner.end(), expected, `cut at ${at}`)
  }
  for (const chunkBytes of [1, 2, 3, 5, 35]) {
    assert.deepEqual(scanCar(small.root, smallCar, { chunkBytes }), expected)
  }
})

test('a CAR cut at any byte is not complete', { timeout }, () => {
  const ends = new Set([carHeader([small.root]).length])
  for (const block of small.blocks) ends.add([...ends].at(-1)! + carSection(block).length)
  for (let at = 0; at < smallCar.length; at++) {
    const cut = smallCar.subarray(0, at)
    // The identity block at the end is not needed.
    if (at === smallCar.length - carSection(inline).length) assert.equal(scanCar(small.root, cut).blocks, 4)
    else
      assert.equal(
        failureOfScan(small.root, cut),
        ends.has(at) ? 'dag-incomplete' : 'bad-car',
        `cut at ${at}`,
      )
  }
})

test('any byte behind the end is damage', { timeout }, () => {
  for (let byte = 0; byte < 256; byte++) {
    assert.equal(failureOfScan(small.root, new Uint8Array([...smallCar, byte])), 'bad-car')
  }
})

test('a change of any byte is found, or changes nothing that counts', { timeout }, async () => {
  const damaged = [
    'bad-block',
    'bad-car',
    'wrong-root',
    'unexpected-block',
    'dag-incomplete',
    'block-too-big (permanent)',
  ]
  const contentOf = async (car: Uint8Array) => {
    const reader = await CarReader.fromBytes(car)
    const blocks = new Set<string>()
    for await (const { cid, bytes } of reader.blocks())
      blocks.add(`${cid.toV1().toString()} ${Buffer.from(bytes).toString('hex')}`)
    return { roots: (await reader.getRoots()).map(root => root.toV1().toString()), blocks }
  }
  const original = await contentOf(smallCar)
  for (let at = 0; at < smallCar.length; at++) {
    for (const mask of [0x01, 0x02, 0x10, 0x80, 0xff]) {
      const changed = flipBits(smallCar, at, mask)
      for (const chunkBytes of [17, smallCar.length]) {
        let code: string | undefined
        try {
          scanCar(small.root, changed, { chunkBytes })
        } catch {
          code = failureOfScan(small.root, changed, { chunkBytes })
        }
        if (code === undefined) assert.deepEqual(await contentOf(changed), original, `byte ${at} ^ ${mask}`)
        else assert.ok(damaged.includes(code), `byte ${at} ^ ${mask}: ${code}`)
      }
    }
  }
})
