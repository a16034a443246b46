import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { decode as decodeDagPb } from '@ipld/dag-pb'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { readCarBlocks } from './car-blocks.ts'
import { exportCar, importCar } from './content.ts'
import { contents } from './contents.ts'
import { receiveAnnouncements } from './indexer-queue.ts'
import { nothingIsLeft } from './leftovers.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

let pipeline: Pipeline
let provider: RunningKubo
let reader: RunningKubo
const asked = new Map<string, string>()

before(
  async () => {
    // All at once on a busy machine: what is tested is not how fast the provider answers.
    const settings = {
      LOCATE_TIMEOUT_MS: '20000',
      CONNECT_TIMEOUT_MS: '20000',
      FETCH_CHUNK_TIMEOUT_MS: '20000',
    }
    pipeline = await startPipeline({ settings })
    provider = await pipeline.startNode('provider')
    reader = await pipeline.startNode('reader', { offline: true })
    const adding = Object.entries(contents).map(async ([what, add]) => asked.set(what, await add(provider)))
    await Promise.all(adding)
    for (const [what, cid] of asked)
      await pipeline.client.pin(cid, { name: what, origins: provider.multiaddrs })
  },
  { timeout: 120_000 },
)
after(() => pipeline[Symbol.asyncDispose]())

/** Of the contents that are UnixFS: the bytes of their files, each block once. */
const rawBytes: Record<string, number> = {
  'one raw block': 1_000,
  'an empty file': 0,
  'an empty file as dag-pb': 0,
  'a file of 100 MiB in blocks of 256 KiB': 100 * 1024 ** 2,
  'a tree of 16 MiB in blocks of 1 KiB': 16 * 1024 ** 2,
  'a directory of 10,000 entries in HAMT shards': 10 * 'content 0'.length,
  'a directory with an empty file': 'not empty'.length,
  'a directory with files inside of their CIDs': 'tinyas smalltoo large for an identity CID, by far'.length,
  'a file asked for by CIDv0': 600_000,
  'a deep tree': 6_400,
}

for (const what of Object.keys(contents)) {
  test(`${what} ends pinned, as a CAR that holds its blocks and nothing else`, {
    timeout: 180_000,
  }, async () => {
    const cid = asked.get(what) ?? ''
    const { status, error, receipt } = await pipeline.client.settled(cid, { timeoutMs: 170_000 })
    assert.equal(status, 'pinned', error)
    assert.ok(receipt)

    const car = await readCar(receipt)
    const stored = await readCarBlocks(car)
    const sourceCar = await exportCar(provider, cid)
    const source = await readCarBlocks(sourceCar)
    assertSameBlocks(stored.blocks, source.blocks)

    const root = CID.parse(cid).toV1().toString()
    const carCid = CID.createV1(0x0202, createDigest(0x12, hash('sha256', car, 'buffer'))).toString()
    assert.deepEqual(stored.roots, [root])
    assert.deepEqual(
      { ...receipt, verified_at: undefined, indexed_at: undefined, attempts: undefined },
      {
        root,
        car_cid: carCid,
        bucket: pipeline.buckets.cars,
        key: `${carCid}/${carCid}.car`,
        car_bytes: car.length,
        blocks: stored.sections,
        dag_bytes: stored.dagBytes,
        raw_bytes: rawBytes[what] ?? receipt.raw_bytes,
        verified_at: undefined,
        indexed_at: undefined,
        attempts: undefined,
      },
    )

    assert.deepEqual(await importCar(reader, car), [root])
    assert.ok(Buffer.from(sourceCar).equals(await exportCar(reader, cid)), 'the reader gives other bytes')
  })
}

test('a CIDv0 and a HAMT were really asked for', { timeout: 5_000 }, async () => {
  assert.match(asked.get('a file asked for by CIDv0') ?? '', /^Qm/)
  const hamt = CID.parse(asked.get('a directory of 10,000 entries in HAMT shards') ?? '')
  const { blocks } = await readCarBlocks(await exportCar(provider, hamt.toString()))
  const { Data } = decodeDagPb(
    blocks.get(Buffer.from(hamt.multihash.bytes).toString('hex')) ?? new Uint8Array(),
  )
  // UnixFS: field 1, the type; 5 is HAMTShard.
  assert.deepEqual(Data?.slice(0, 2), Uint8Array.of(0x08, 5))
})

test('the indexer is told of every CAR by region, bucket and key', { timeout: 30_000 }, async () => {
  const { client, servers } = pipeline
  const pinned = await Promise.all([...asked.values()].map(cid => client.settled(cid)))
  const expected = pinned.map(({ receipt }) => `${servers.s3.region}/${receipt?.bucket}/${receipt?.key}`)
  const told = await receiveAnnouncements(pipeline, new Set(expected).size)
  assert.deepEqual(told.toSorted(), [...new Set(expected)].toSorted())
  for (const cid of asked.values())
    await client.settled(cid, { until: ({ receipt }) => typeof receipt?.indexed_at === 'string' })
})

test('afterwards nothing is left in staging, in uploads or in the IPFS node', {
  timeout: 20_000,
}, async () => {
  await nothingIsLeft(pipeline)
})

async function readCar({ bucket, key }: { bucket: string; key: string }): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(30_000)
  return new Uint8Array(
    Buffer.concat(await Array.fromAsync(pipeline.storage.read({ bucket, key }, { signal }))),
  )
}

/** `deepEqual` of maps this large takes minutes to tell the difference. */
function assertSameBlocks(actual: Map<string, Uint8Array>, expected: Map<string, Uint8Array>): void {
  assert.deepEqual([...actual.keys()].toSorted(), [...expected.keys()].toSorted())
  for (const [key, bytes] of expected)
    assert.equal(Buffer.compare(actual.get(key) ?? new Uint8Array(), bytes), 0)
}
