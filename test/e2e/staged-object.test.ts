import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { createCarScanner } from '#libs/car/index.ts'
import { buildCar, buildTree } from '#libs/car/testing/build-car.ts'
import { carUploaded, type DataOf } from '#libs/events/index.ts'
import type { ObjectRef } from '#libs/storage/index.ts'
import { addLeafOf, dropLastBlock, flipBitInLeaf, nameRoot, openCar, swapLastLeaves } from './car-surgery.ts'
import { addBlocks } from './content.ts'
import { deadLetter, deadLettersOf } from './dead-letters.ts'
import { publishByHand } from './messages.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

type Uploaded = DataOf<typeof carUploaded>

const limits = { maxCarBytes: 1e6, maxBlockBytes: 1e6, maxBlocks: 100 }

let pipeline: Pipeline
let asFetcher: NatsConnection
/** A complete DAG that nobody asked for. */
let other: { cid: string; car: Uint8Array }

let seed = 0
const nextDag = () => buildTree({ leaves: 5, leafBytes: 900, seed: ++seed })

const read = async (ref: ObjectRef) =>
  Buffer.concat(await Array.fromAsync(pipeline.storage.read(ref, { signal: AbortSignal.timeout(10_000) })))

async function write(ref: ObjectRef, bytes: Uint8Array): Promise<void> {
  await using upload = pipeline.storage.createUpload(ref, { signal: AbortSignal.timeout(10_000) })
  await upload.write(bytes)
  await upload.complete()
}

/** Replaces the staged object by what `change` makes of it. */
const rewrite =
  (change: (car: Uint8Array) => Uint8Array | Promise<Uint8Array>) =>
  async (staging: ObjectRef): Promise<void> =>
    write(staging, await change(await read(staging)))

const changes: { what: string; code: string; change: (staging: ObjectRef) => Promise<void> }[] = [
  { what: 'has another byte in a leaf', code: 'bad-block', change: rewrite(flipBitInLeaf) },
  { what: 'lost a block', code: 'dag-incomplete', change: rewrite(dropLastBlock) },
  {
    what: 'got a foreign block',
    code: 'unexpected-block',
    change: rewrite(car => addLeafOf(other.car, car)),
  },
  { what: 'names another root', code: 'wrong-root', change: rewrite(car => nameRoot(other.cid, car)) },
  { what: 'is truncated', code: 'bad-car', change: rewrite(car => car.subarray(0, car.length - 100)) },
  { what: 'has no bytes', code: 'bad-car', change: rewrite(() => new Uint8Array()) },
  {
    what: 'ends after its header',
    code: 'dag-incomplete',
    change: rewrite(async car => (await openCar(car)).header),
  },
  { what: 'is gone', code: 'claim-mismatch', change: staging => pipeline.storage.delete(staging) },
  { what: 'is the CAR of another DAG', code: 'wrong-root', change: rewrite(() => other.car) },
  { what: 'is another sound CAR of the same DAG', code: 'claim-mismatch', change: rewrite(swapLastLeaves) },
]

type Lie = { what: string; lie: (claim: Uploaded) => Uploaded }

const lies: Lie[] = [
  { what: 'the CID of another CAR', lie: claim => ({ ...claim, carCid: other.cid }) },
  { what: 'another size', lie: claim => ({ ...claim, sizeBytes: claim.sizeBytes + 1 }) },
  { what: 'another number of blocks', lie: claim => ({ ...claim, blocks: claim.blocks - 1 }) },
  { what: 'another size of the DAG', lie: claim => ({ ...claim, dagBytes: 0 }) },
  { what: 'another size of the data', lie: claim => ({ ...claim, rawBytes: 0 }) },
]

/** A pin whose fetcher has done its work. Resolves with the place of its CAR. */
async function pinToStaging(): Promise<{ cid: string; staging: ObjectRef }> {
  const cid = await addBlocks(pipeline.kubo, nextDag())
  await pipeline.client.pin(cid)
  const staging = await pollUntil(
    async () => {
      const { rows } = await pipeline.database.query(
        `select result -> 'staging' as staging from jobs where cid = $1 and result is not null`,
        [cid],
      )
      return rows[0].staging as ObjectRef
    },
    { what: 'the staged CAR', timeoutMs: 20_000 },
  )
  return { cid, staging }
}

/** A pin that no fetcher takes, with a sound CAR in staging, and what an honest fetcher says of it. */
async function stageByHand(): Promise<{ car: Uint8Array; claim: Uploaded }> {
  const dag = nextDag()
  const cid = dag.root.toString()
  const car = buildCar(dag)
  const scanner = createCarScanner({ root: cid, limits })
  scanner.push(car)
  const { root: _root, ...facts } = scanner.end()
  const staging = { bucket: pipeline.buckets.staging, key: `${cid}/1-1.car` }
  await write(staging, car)
  await pipeline.client.pin(cid)
  return { car, claim: { cid, generation: 1, staging, ...facts } }
}

const tell = (data: Uploaded) =>
  publishByHand(pipeline, carUploaded, { id: `${data.cid}.1.uploaded`, data, as: asFetcher })

async function assertRefused(cid: string, code: string): Promise<void> {
  const failed = await pipeline.client.settled(cid)
  assert.deepEqual([failed.status, failed.failure?.code], ['pin_error', code], failed.error)
  // A pin is told to have failed before its letter is written.
  await deadLetter(pipeline, body => body.includes(cid))
  const letters = (await deadLettersOf(pipeline)).filter(({ body }) => body.includes(cid))
  assert.deepEqual(
    letters.map(letter => letter.code),
    [code],
  )
}

const keysIn = (bucket: string) => Array.fromAsync(pipeline.storage.list(bucket, ''), ({ key }) => key)

const cids = new Map<string, string>()
const cidOf = (what: string) => cids.get(what) ?? assert.fail(`nothing was pinned for: ${what}`)
/** The CAR that a lie gives out as staged, and that has to stay. */
let kept: ObjectRef

before(async () => {
  pipeline = await startPipeline({ services: ['status', 'indexer-bridge', 'fetcher', 'gateway'] })
  const { NATS_URL: servers, NATS_USER: user, NATS_PASSWORD: pass } = pipeline.natsSettings('fetcher')
  asFetcher = await connect({ servers, user, pass, inboxPrefix: '_INBOX_fetcher' })
  const dag = nextDag()
  other = { cid: dag.root.toString(), car: buildCar(dag) }

  const tamperWith = async ({ what, change }: (typeof changes)[number]) => {
    const { cid: tampered, staging } = await pinToStaging()
    cids.set(what, tampered)
    await change(staging)
  }
  await Promise.all(changes.map(tamperWith))
  cids.set('untouched', (await pinToStaging()).cid)

  await pipeline.children.fetcher.stop()
  const lieAbout = async ({ what, lie }: Lie) => {
    const { claim } = await stageByHand()
    cids.set(what, claim.cid)
    await tell(lie(claim))
  }
  await Promise.all(lies.map(lieAbout))
  const honest = await stageByHand()
  cids.set('honest', honest.claim.cid)
  await lieAbout({ what: "somebody else's staged CAR", lie: c => ({ ...c, staging: honest.claim.staging }) })
  await tell(honest.claim)

  const { claim, car } = await stageByHand()
  kept = { bucket: pipeline.buckets.cars, key: `${claim.carCid}/${claim.carCid}.car` }
  await write(kept, car)
  cids.set('a CAR of the CAR bucket', claim.cid)
  await tell({ ...claim, staging: kept })

  await pipeline.startService('validator')
})
after(async () => {
  await asFetcher.close()
  await pipeline[Symbol.asyncDispose]()
})

describe('a staged CAR that', { timeout: 60_000 }, () => {
  for (const { what, code } of changes)
    test(`${what} ends in ${code}`, { timeout: 30_000 }, () => assertRefused(cidOf(what), code))
  test('nobody has touched ends pinned', { timeout: 30_000 }, async () => {
    const pinned = await pipeline.client.settled(cidOf('untouched'))
    assert.equal(pinned.status, 'pinned', pinned.error)
  })
})

describe('a fetcher that reports', { timeout: 60_000 }, () => {
  for (const { what } of lies)
    test(`${what} is not believed`, { timeout: 30_000 }, () => assertRefused(cidOf(what), 'claim-mismatch'))
  test("somebody else's staged CAR does no harm to it", { timeout: 30_000 }, async () => {
    await assertRefused(cidOf("somebody else's staged CAR"), 'claim-mismatch')
    const pinned = await pipeline.client.settled(cidOf('honest'))
    assert.equal(pinned.status, 'pinned', pinned.error)
  })
  test('a CAR of the CAR bucket as staged does not get it deleted', { timeout: 30_000 }, async () => {
    await assertRefused(cidOf('a CAR of the CAR bucket'), 'claim-mismatch')
    assert.ok(await pipeline.storage.head(kept))
  })
})

test('of all these only the sound ones are stored', { timeout: 30_000 }, async () => {
  const pinned = [cidOf('untouched'), cidOf('honest')].map(async cid => {
    const { receipt } = await pipeline.client.settled(cid)
    return receipt?.key
  })
  const keys = (await Promise.all(pinned)).map(String)
  assert.deepEqual(new Set(await keysIn(pipeline.buckets.cars)), new Set([...keys, kept.key]))
  // What the two liars have staged themselves is theirs alone: nobody was told where it is.
  const liars = [cidOf("somebody else's staged CAR"), cidOf('a CAR of the CAR bucket')]
  assert.deepEqual(
    new Set(await keysIn(pipeline.buckets.staging)),
    new Set(liars.map(cid => `${cid}/1-1.car`)),
  )
})
