import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CreateBucketCommand, CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3'
import { examine, type Reported } from '#deploy/doctor/examine.ts'
import { leasesOf, sql } from '#libs/db/index.ts'
import { storedPins } from '#libs/db/testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from '#libs/db/testing/test-database.ts'
import { connectStorage, type ObjectRef, type Storage } from '#libs/storage/index.ts'

const timeout = 180_000
const program = fileURLToPath(new URL('../../deploy/doctor.ts', import.meta.url))
const root = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
const stagingBucket = `d${randomBytes(4).toString('hex')}-staging`
const carBucket = stagingBucket.replace('staging', 'cars')

let database: TestDatabase
let stored: ReturnType<typeof storedPins>
let s3: S3Client
let storage: Storage
let env: NodeJS.ProcessEnv
before(async () => {
  const servers = JSON.parse(process.env['PICKUP_TEST_SERVERS'] ?? 'null')
  const { endpoint, region, accessKeyId, secretAccessKey } = servers.s3
  database = await createTestDatabase()
  stored = storedPins(database.db)
  const access = { endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true }
  s3 = new S3Client(access)
  storage = connectStorage(access)
  for (const Bucket of [stagingBucket, carBucket]) await s3.send(new CreateBucketCommand({ Bucket }))
  env = {
    ...process.env,
    DATABASE_URL: database.url,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    S3_FORCE_PATH_STYLE: 'true',
    STAGING_BUCKET: stagingBucket,
    CAR_BUCKET: carBucket,
  }
})
after(async () => {
  s3.destroy()
  await storage[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** Everything is old enough unless `graceMs` says otherwise. */
async function doctor({ repair = false, graceMs = 0 } = {}) {
  const found: string[] = []
  const examined = { db: database.db, storage, stagingBucket, carBucket, source: undefined, graceMs }
  const report = ({ check, subject }: Reported) => void found.push(`${check} ${subject}`)
  const summary = await examine(examined, { repair, report })
  return { found: found.sort(), repaired: summary.repaired }
}

const hourMs = 3_600_000
const repairAll = () => doctor({ repair: true })

/** The command, as an operator runs it. */
function runDoctor(args: readonly string[], change: NodeJS.ProcessEnv = {}) {
  return new Promise<{ code: unknown; lines: string[] }>(resolve => {
    execFile(process.execPath, [program, ...args], { env: { ...env, ...change } }, (error, out) =>
      resolve({ code: error?.code ?? 0, lines: out.trim().split('\n') }),
    )
  })
}

async function store(ref: ObjectRef, metadata: Record<string, string> = {}): Promise<void> {
  await using upload = storage.createUpload(ref, { metadata, signal: AbortSignal.timeout(20_000) })
  await upload.write(Buffer.from('a CAR'))
  await upload.complete()
}

const car = (name: string): ObjectRef => ({ bucket: carBucket, key: `${name}/${name}.car` })
const staged = (key: string): ObjectRef => ({ bucket: stagingBucket, key })

async function pinned(cid: string): Promise<void> {
  await stored.accept(cid)
  await database.db.execute(sql`delete from outbox`)
  const { bucket, key } = car(`bag-${cid}`)
  await stored.setState(cid, 'pinned', { carBucket: bucket, carKey: key, verifiedAt: new Date() })
}

async function clean(): Promise<void> {
  assert.deepEqual((await doctor()).found, [])
}

test('where all fits nothing is found', { timeout }, async () => {
  await pinned('fits')
  await store(car('bag-fits'))
  await clean()
})

test('a CAR without a row is found, and repaired it waits for its deletion', { timeout }, async () => {
  await store(car('orphan'), { root, carcid: 'orphan' })
  const { key } = car('orphan')
  assert.deepEqual((await doctor({ graceMs: hourMs })).found, [], 'what is young may be on its way')
  const dry = await doctor()
  assert.deepEqual([dry.found, dry.repaired], [[`car-without-row ${key}`], 0])
  assert.equal(await stored.content(root), undefined)
  assert.equal((await repairAll()).repaired, 1)
  const content = await stored.content(root)
  assert.deepEqual([content?.state, content?.carKey, content?.carCid], ['unpinned', key, null])
  assert.ok(await storage.head(car('orphan')))
  await clean()
})

test('what Pickup did not put there, and a second CAR of a content, are shown and never touched', {
  timeout,
}, async () => {
  await store({ bucket: carBucket, key: 'notes.txt' })
  await store(car('second'), { root, carcid: 'second' })
  const { found, repaired } = await repairAll()
  assert.deepEqual([found, repaired], [['car-without-row notes.txt', 'car-without-row second/second.car'], 0])
  for (const ref of [{ bucket: carBucket, key: 'notes.txt' }, car('second')]) await storage.delete(ref)
})

test('a pinned content without its CAR is fetched again; an unpinned one forgets it', {
  timeout,
}, async () => {
  await pinned('lost')
  await pinned('lost-unpinned')
  await database.db.execute(sql`update contents set state = 'unpinned' where cid = 'lost-unpinned'`)
  const { found, repaired } = await repairAll()
  assert.deepEqual([found, repaired], [['row-without-car lost', 'row-without-car lost-unpinned'], 2])
  const [lost, unpinned] = [await stored.content('lost'), await stored.content('lost-unpinned')]
  assert.deepEqual([lost?.state, lost?.generation, lost?.carCid], ['queued', 2, null])
  assert.deepEqual([unpinned?.state, unpinned?.carKey], ['unpinned', null])
  assert.deepEqual(
    (await stored.eventsOf('lost')).map(({ id }) => id),
    ['lost.2.requested'],
  )
  assert.equal((await stored.pinsOf('lost'))[0]?.state, 'queued')
  await stored.setState('lost', 'failed')
  await database.db.execute(sql`delete from outbox`)
})

test('of staging, what no work wants is removed, and what waits for a validator stays', {
  timeout,
}, async () => {
  const leases = leasesOf(database.db, { owner: 'fetcher', leaseMs: 60_000 })
  for (const cid of ['waits', 'runs']) await stored.accept(cid)
  const [waits, runs] = await Promise.all(
    ['waits', 'runs'].map(cid => leases.claim({ cid, generation: 1, step: 'fetch' })),
  )
  if (waits?.kind !== 'leased' || runs?.kind !== 'leased') throw new Error('the jobs are somebody else’s')
  await leases.complete(waits.lease, { staging: staged('waits/1-1.car') })
  const kept = ['waits/1-1.car', 'runs/1-1.car']
  const left = ['waits/1-0.car', 'fits/add-x.car', 'nobody/1-1.car']
  for (const key of [...kept, ...left]) await store(staged(key))
  for (const Key of ['runs/1-2.car', 'gone/1-1.car'])
    await s3.send(new CreateMultipartUploadCommand({ Bucket: stagingBucket, Key }))
  // What waits is not stuck for long enough, and its event has left the outbox.
  await database.db.execute(sql`delete from outbox`)
  await database.db.execute(
    sql`update contents set changed_at = now() + interval '1 hour' where cid = 'waits'`,
  )

  const { found, repaired } = await repairAll()
  assert.deepEqual(found, [
    `open-upload ${stagingBucket}/gone/1-1.car`,
    ...left.map(key => `staging-leftover ${key}`).sort(),
  ])
  assert.equal(repaired, found.length)
  const keys = (await Array.fromAsync(storage.list(stagingBucket, ''))).map(({ key }) => key)
  assert.deepEqual(keys.sort(), kept.sort())
  const uploads = await Array.fromAsync(storage.listOpenUploads(stagingBucket, ''))
  assert.deepEqual(
    uploads.map(({ key }) => key),
    ['runs/1-2.car'],
  )
  for (const key of kept) await storage.delete(staged(key))
  await storage.abortOpenUploads(stagingBucket, 'runs')
  await database.db.execute(sql`update contents set state = 'failed' where cid in ('waits', 'runs')`)
})

test('a stuck content is put on its way again, and an old row of the outbox is shown', {
  timeout,
}, async () => {
  await stored.accept('stuck')
  await stored.setState('stuck', 'queued', { changedAt: new Date(0) })
  await database.db.execute(sql`update outbox set created_at = 'epoch'`)
  const graceMs = hourMs
  const old = await doctor({ graceMs })
  assert.deepEqual(old.found, ['old-outbox-row stuck.1.requested', 'stuck-content stuck'])
  await database.db.execute(sql`delete from outbox`)
  assert.deepEqual((await doctor({ graceMs, repair: true })).found, ['stuck-content stuck'])
  assert.equal((await stored.eventsOf('stuck')).length, 1)
  assert.deepEqual((await doctor({ graceMs })).found, [])
  await stored.setState('stuck', 'failed')
  await database.db.execute(sql`delete from outbox`)
})

test('a wrong count of pins is corrected', { timeout }, async () => {
  await database.db.execute(sql`delete from pin_count_changes where account = 'default' and state = 'pinned'`)
  const { found, repaired } = await repairAll()
  assert.ok(
    found.length > 0 && found.every(line => line.startsWith('wrong-pin-count default cluster pinned')),
  )
  assert.equal(repaired, found.length)
  await clean()
})

test('the exit code tells whether all is well, and each line is an object', { timeout }, async () => {
  const clean = await runDoctor(['--json', '--grace', '0'])
  assert.deepEqual([clean.code, clean.lines.map(line => JSON.parse(line))], [0, [{ found: 0, repaired: 0 }]])
  await store(staged('nobody/1-1.car'))
  const dirty = await runDoctor(['--json', '--grace', '0'])
  assert.equal(dirty.code, 1)
  const [finding, summary] = dirty.lines.map(line => JSON.parse(line))
  assert.deepEqual([finding.check, finding.repaired, summary.found], ['staging-leftover', false, 1])
  assert.equal((await runDoctor(['--repair', '--grace', '0'])).code, 0)
})

test('what cannot be examined is an error, not a finding', { timeout }, async () => {
  assert.equal((await runDoctor(['--grace', 'soon'])).code, 2)
  assert.equal((await runDoctor([], { DATABASE_URL: 'postgres://127.0.0.1:1/none' })).code, 2)
})
