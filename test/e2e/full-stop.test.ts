import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { prepareStack } from '#deploy/local/prepare.ts'
import { startServices } from '#deploy/local/services.ts'
import { type Stack, startStack } from '#deploy/local/stack.ts'
import { createTestFolder } from '#deploy/local/test-folder.ts'
import { connectStorage } from '#libs/storage/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { createClient } from './client.ts'
import { addBytes } from './content.ts'

const log = createLogger('test', 'warn')
const pinCount = 200

/** All servers and services, as `npm start` runs them. */
async function startEverything(dataDir: string) {
  const stack = await startStack({ dataDir, isolated: true, log })
  await prepareStack(stack, log)
  const jobsBefore = await jobsOf(stack)
  const services = await startServices(stack, {
    dataDir: join(dataDir, 'services'),
    gatewayPort: 0,
    settings: { BATCH_SIZE: '2', LOCATE_CONCURRENCY: '4', VALIDATE_CONCURRENCY: '2' },
    log,
    printLine: () => undefined,
  })
  const client = createClient({ url: services.gatewayUrl, auth: services.clusterBasicAuth })
  return { stack, client, jobsBefore, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() }
}

type Row = {
  cid: string
  step: string
  attempts: number
  released: number
  failures: number
  result: unknown
}

async function jobsOf({ postgres }: Stack): Promise<Row[]> {
  const database = new pg.Client({ connectionString: postgres.databaseUrl })
  await database.connect()
  const { rows } = await database.query<Row>(
    'select cid, step, attempts, released, failures, result from jobs order by cid, step',
  )
  await database.end()
  return rows
}

async function objectsOf({ s3: { s3 } }: Stack) {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey })
  await using storage = connectStorage({
    endpoint: s3.endpoint,
    region: s3.region,
    forcePathStyle: true,
    log,
  })
  return {
    cars: await Array.fromAsync(storage.list(s3.carBucket, '')),
    staged: await Array.fromAsync(storage.list(s3.stagingBucket, '')),
  }
}

test('everything is stopped and started in the middle of 200 pins: all end pinned, no finished step is repeated', {
  timeout: 400_000,
}, async () => {
  await using folder = await createTestFolder()
  const dataDir = join(folder.path, 'data')
  const cids: string[] = []
  {
    await using first = await startEverything(dataDir)
    const { stack, client } = first
    while (cids.length < pinCount) cids.push(await addBytes(stack.kubo, randomBytes(1_000)))
    await Promise.all(cids.map(cid => client.pin(cid)))
    const begun = async () => {
      const done = (await jobsOf(stack)).filter(({ result }) => result !== null)
      assert.ok(done.length >= 40, `${done.length} jobs are done`)
    }
    await pollUntil(begun, { what: 'the first results', timeoutMs: 60_000, intervalMs: 20 })
  }
  await using second = await startEverything(dataDir)
  const finished = second.jobsBefore.filter(({ result }) => result !== null)
  const fetched = finished.filter(({ step }) => step === 'fetch').length
  assert.ok(fetched > 0 && fetched < pinCount, `${fetched} were fetched before the stop`)

  for (const cid of cids) {
    // Less than the ack wait: what was handed back does not wait for it.
    const { status, error } = await second.client.settled(cid, { timeoutMs: 60_000 })
    assert.equal(status, 'pinned', error)
  }
  const jobs = await jobsOf(second.stack)
  assert.equal(jobs.length, 2 * pinCount)
  const repeated = finished.filter(
    before => !jobs.some(job => job.cid === before.cid && JSON.stringify(job) === JSON.stringify(before)),
  )
  assert.deepEqual(repeated, [])
  // Whatever was begun more than once had been given back.
  assert.deepEqual(
    jobs.filter(({ attempts, released, failures }) => attempts !== released + 1 || failures !== 0),
    [],
  )
  const probe = async () => {
    const { cars, staged } = await objectsOf(second.stack)
    assert.deepEqual([cars.length, staged.length], [pinCount, 0])
  }
  await pollUntil(probe, { what: 'the last removal from staging', timeoutMs: 20_000 })
})
