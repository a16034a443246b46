import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { buildCar, buildTree } from '#libs/car/testing/build-car.ts'
import { importCar, rpc } from './content.ts'
import { nothingIsLeft } from './leftovers.ts'
import { type AddAnswer, multipart, type Part, postAdd, streamedFile } from './multipart.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const timeout = 60_000
const peerId = '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY'

let pipeline: Pipeline
/** Another node: what it makes of the same files is what ours has to be. */
let other: RunningKubo
before(async () => {
  pipeline = await startPipeline()
  other = await pipeline.startNode('other')
})
after(async () => {
  await nothingIsLeft(pipeline)
  await pipeline[Symbol.asyncDispose]()
})

const add = (query: Record<string, string>, body: Parameters<typeof postAdd>[2]) =>
  postAdd(pipeline.gatewayUrl, query, body)

/** The CID of one root that was added without an error. */
function rootOf({ status, streamError, objects, text }: AddAnswer): string {
  assert.deepEqual([status, streamError], [200, undefined], text)
  return objects.at(-1)?.cid ?? assert.fail(text)
}

/** Waits for the pin and loads its stored CAR into the other node, which checks that its DAG is complete. */
async function stored(cid: string) {
  const pinned = await pipeline.client.settled(cid)
  assert.equal(pinned.status, 'pinned', pinned.error)
  const { bucket, key } = pinned.receipt ?? assert.fail('no receipt')
  const chunks = pipeline.storage.read({ bucket, key }, { signal: AbortSignal.timeout(timeout) })
  const car = Buffer.concat(await Array.fromAsync(chunks))
  await importCar(other, car)
  return { pinned, car, cat: (path = '') => rpc(other, `cat?arg=${cid}${path}`) }
}

test('a file is added as it streams, and ends pinned with its options', { timeout }, async () => {
  const bytes = randomBytes(3_000_000)
  const answer = await add(
    { 'cid-version': '1', name: 'n', 'meta-app': 'test' },
    streamedFile('a file.bin', [bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)]),
  )
  const cid = rootOf(answer)
  const { 'cache-control': cache, connection, trailer, 'x-chunked-output': chunked } = answer.headers
  assert.deepEqual([cache, connection, trailer, chunked], ['no-cache', 'close', 'X-Stream-Error', '1'])
  assert.equal(answer.headers['content-type'], 'application/json')
  const { length } = answer.objects
  const [object] = answer.objects
  assert.deepEqual([length, Object.keys(object ?? {})], [1, ['name', 'cid', 'size', 'allocations']])
  assert.deepEqual([object?.name, object?.allocations], ['a file.bin', [peerId]])
  const { pinned, car } = await stored(cid)
  assert.deepEqual([pinned.name, pinned.metadata], ['n', { app: 'test' }])
  assert.ok(car.includes(bytes.subarray(0, 100_000)))
})

describe('files become the same DAGs as on another node with', { timeout, concurrency: true }, () => {
  const bytes = randomBytes(1_500_000)
  const parts: Part[] = [
    { name: 'dir', type: 'application/x-directory' },
    { name: 'dir/big', bytes },
    { name: 'dir/empty' },
    { name: 'dir/link', type: 'application/symlink', bytes: 'big' },
    { name: 'dir/sub', type: 'application/x-directory' },
    { name: 'dir/sub/ünï code.txt', bytes: 'text' },
  ]
  const variants: Record<string, string>[] = [
    { 'cid-version': '0' },
    { 'cid-version': '0', 'raw-leaves': 'true' },
    { 'cid-version': '1' },
    { 'cid-version': '1', 'raw-leaves': 'false' },
    { 'cid-version': '1', 'wrap-with-directory': 'true' },
    { 'cid-version': '1', layout: 'trickle', chunker: 'size-1000' },
    { 'cid-version': '1', chunker: 'rabin-1000-2000-4000' },
    { 'cid-version': '1', chunker: 'buzhash', hash: 'blake2b-256' },
    { 'cid-version': '1', hash: 'sha3-512' },
    { 'cid-version': '1', hash: 'blake3' },
  ]
  for (const { layout, ...variant } of variants) {
    test(JSON.stringify({ layout, ...variant }), { timeout }, async () => {
      const answer = await add({ ...variant, ...(layout && { layout }) }, multipart(...parts))
      const cid = rootOf(answer)
      const form = new FormData()
      form.append('file', new Blob([bytes]), 'dir/big')
      form.append('file', new Blob([]), 'dir/empty')
      form.append('file', new Blob(['big'], { type: 'application/symlink' }), 'dir/link')
      form.append('file', new Blob(['text']), 'dir/sub/ünï code.txt')
      const query = new URLSearchParams({ ...variant, trickle: String(layout === 'trickle'), pin: 'false' })
      const lines = (await rpc(other, `add?${query.toString()}`, form)).trim().split('\n')
      assert.equal(cid, JSON.parse(lines.at(-1) ?? '').Hash)
      const inDir = 'wrap-with-directory' in variant ? '/dir' : ''
      const { cat } = await stored(cid)
      assert.equal(await cat(`${inDir}/sub/ünï code.txt`), 'text')
      assert.equal(await cat(`${inDir}/empty`), '')
    })
  }
})

test('every object of a directory is told, the root last', { timeout }, async () => {
  const answer = await add(
    { 'wrap-with-directory': 'true', 'stream-channels': 'false' },
    multipart({ name: 'a', bytes: 'A' }, { name: 'b/c', bytes: 'BC' }),
  )
  assert.ok(Array.isArray(JSON.parse(answer.text)))
  assert.deepEqual(
    answer.objects.map(({ name }) => name),
    ['a', 'b/c', 'b', ''],
  )
  const { cat } = await stored(rootOf(answer))
  assert.equal(await cat('/b/c'), 'BC')
})

test('each of several roots is pinned', { timeout }, async () => {
  const answer = await add(
    {},
    multipart({ name: 'one', bytes: 'first root' }, { name: 'two', bytes: 'second' }),
  )
  rootOf(answer)
  const contents = await Promise.all(answer.objects.map(async ({ cid }) => (await stored(cid ?? '')).cat()))
  assert.deepEqual(contents, ['first root', 'second'])
})

test('progress is told while the file is still being sent', { timeout }, async () => {
  const { promise: seen, resolve: progressSeen } = Promise.withResolvers<void>()
  async function* file() {
    yield randomBytes(1_000_000)
    await seen
    yield randomBytes(100)
  }
  const answer = await postAdd(pipeline.gatewayUrl, { progress: 'true' }, streamedFile('slow', file()), {
    onText: text => {
      if (text.includes('"bytes"')) progressSeen()
    },
  })
  const progress = answer.objects.filter(({ cid }) => cid === null)
  assert.deepEqual(Object.keys(progress[0] ?? {}), ['name', 'cid', 'bytes'])
  assert.equal(progress.at(-1)?.bytes, 1_000_100)
  await stored(rootOf(answer))
})

for (const [order, arrange] of Object.entries({
  'depth first': <T>(blocks: T[]) => blocks,
  'from the leaves up': <T>(blocks: T[]) => blocks.toReversed(),
})) {
  test(`a CAR with its blocks ${order} is stored as it is`, { timeout }, async () => {
    const { root, blocks } = buildTree({ leaves: 300, leafBytes: 5_000, seed: order.length })
    const car = buildCar({ root, blocks: arrange(blocks) })
    const answer = await add({ format: 'car', name: order }, multipart({ name: 'some.car', bytes: car }))
    assert.equal(rootOf(answer), root.toString())
    const dagBytes = blocks.reduce((sum, { bytes }) => sum + bytes.length, 0)
    assert.deepEqual(answer.objects, [
      { name: 'some.car', cid: root.toString(), bytes: dagBytes, allocations: [peerId] },
    ])
    const { pinned, car: storedCar } = await stored(root.toString())
    assert.equal(pinned.name, order)
    assert.equal(pinned.receipt?.raw_bytes, 1_500_000)
    assert.equal(Buffer.compare(storedCar, car), 0)
  })
}

test('a CAR of content that is pinned already changes the pin and leaves nothing behind', {
  timeout,
}, async () => {
  const dag = buildTree({ leaves: 3, leafBytes: 100, seed: 77 })
  const body = multipart({ name: 'a.car', bytes: buildCar(dag) })
  const cid = rootOf(await add({ format: 'car', name: 'before' }, body))
  const { pinned: before } = await stored(cid)
  rootOf(await add({ format: 'car', name: 'behind' }, body))
  const { pinned } = await stored(cid)
  assert.deepEqual([pinned.name, pinned.receipt?.key], ['behind', before.receipt?.key])
  await nothingIsLeft(pipeline)
})

test('with no-pin the CIDs are told and nothing is pinned', { timeout }, async () => {
  const answer = await add({ 'no-pin': 'true' }, multipart({ name: 'a', bytes: 'not pinned' }))
  const { status } = await pipeline.client.status(rootOf(answer))
  assert.equal(status, 'unpinned')
})
