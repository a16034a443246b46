import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { CID } from 'multiformats/cid'
import { hashKey } from '#libs/car/testing/random-dag.ts'
import { readCarBlocks } from '../e2e/car-blocks.ts'
import { drainAnnouncements } from '../e2e/indexer-queue.ts'
import { storedCars } from '../e2e/stored.ts'
import { contentsOf, type Findings } from './check-pins.ts'
import type { ContentPool, PoolContent } from './content-pool.ts'
import type { Installation } from './installation.ts'

/** Every pinned content has one CAR that is right, and was announced to the indexer; and there is no other CAR. */
export async function checkCars(
  { pipeline }: Pick<Installation, 'pipeline'>,
  pool: ContentPool,
): Promise<Findings> {
  const { buckets, servers, storage } = pipeline
  const violations: string[] = []
  const contents = await contentsOf(pipeline)
  const stored = new Set((await storedCars(pipeline)).map(({ key }) => key))
  const known = new Set(contents.map(content => content.car_key))
  for (const key of stored) if (!known.has(key)) violations.push(`no content knows the CAR ${key}`)

  const announcements = (await drainAnnouncements(pipeline)).map(body =>
    body.slice(`${servers.s3.region}/${buckets.cars}/`.length),
  )
  const announced = new Set(announcements)
  const pinned = contents.filter(({ state }) => state === 'pinned')
  for (const { cid, car_cid: carCid, car_key: key } of pinned) {
    if (key === null || !stored.has(key)) {
      violations.push(`pinned content ${cid} has no CAR at ${key}`)
      continue
    }
    if (!announced.has(key)) violations.push(`the indexer was not told of ${key} of ${cid}`)
    const bytes = await buffer(
      Readable.from(storage.read({ bucket: buckets.cars, key }, { signal: AbortSignal.timeout(60_000) })),
    )
    violations.push(
      ...(await wrongsOf(bytes, carCid ?? '', pool.contents.get(cid))).map(wrong => `${key}: ${wrong}`),
    )
  }
  const figures = { 'CARs read': pinned.length, 'messages to the indexer': announcements.length }
  return { violations, figures: { ...figures, 'repeated messages': announcements.length - announced.size } }
}

/** By a reader that shares nothing with the services, and against the blocks that the peer has. */
async function wrongsOf(
  car: Uint8Array,
  carCid: string,
  content: PoolContent | undefined,
): Promise<string[]> {
  if (content === undefined) return ['nobody made its content']
  const sha256 = createHash('sha256').update(car).digest()
  if (sha256.compare(CID.parse(carCid).multihash.digest) !== 0) return ['its bytes do not match its name']
  const { root, blocks } = content.build()
  const expected = new Set(blocks.map(({ cid }) => hashKey(cid)))
  const [found] = await Promise.allSettled([readCarBlocks(car)])
  if (found.status === 'rejected') return [String(found.reason)]
  const { roots, sections, blocks: held } = found.value
  if (roots.join() !== root.toString()) return [`its roots are ${roots.join()}`]
  if (sections !== expected.size) return [`it has ${sections} blocks, not ${expected.size}`]
  return [...expected].filter(key => !held.has(key)).map(key => `it lacks block ${key}`)
}
