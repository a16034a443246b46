import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { createPinningToken } from '../../clients/psa-token.ts'
import { type Pipeline, serviceNames, startPipeline } from '../../e2e/pipeline.ts'
import { connectProducer } from '../../e2e/producer.ts'
import { checkCars } from '../check-cars.ts'
import { connectClients } from '../clients.ts'
import { type ContentPool, createContentPool } from '../content-pool.ts'
import { remains, unfinishedWork } from '../leftovers.ts'
import { createRandom } from '../random.ts'
import { createJourneys, type Journey } from './journeys.ts'
import { type JournalLine, overFileOf, type WatchedContent } from './plan.ts'
import { type RestartedService, restartService } from './restarted-service.ts'

/** A place between two effects of one service on one journey. */
type CrashPoint = { journey: Journey; service: string; after: string; before: string }
type Traveller = Awaited<ReturnType<Journey['prepare']>> & { journey: Journey }

/** By default a place that several journeys pass is tried on the first of them. */
const everywhere = process.env['CRASH_EVERYWHERE'] === '1'
/** For how long processes are killed; what is under way then goes on to its end. */
const budgetMs = Number(process.env['CRASH_MINUTES'] ?? 3) * 60_000
/** Only the places whose names match. */
const wanted = new RegExp(process.env['CRASH_POINTS'] ?? '')

/** Several processes may publish a row of the outbox, and whoever dies for another content may come too late for its own. */
const mostRounds = 4

const settings = {
  LEASE_MS: '1500',
  HEARTBEAT_MS: '300',
  // Each death is a lease without a report for all who were under way.
  DELIVERY_LIMIT: '1000',
  FETCH_CHUNK_TIMEOUT_MS: '60000',
  OUTBOX_POLL_MS: '500',
  S3_PART_BYTES: String(5 * 1024 ** 2),
  LOG_LEVEL: 'info',
}

test('a service may be killed between any two of its effects', {
  timeout: 900_000,
  skip: process.platform !== 'linux',
}, async t => {
  await using resources = new AsyncDisposableStack()
  const pipeline = resources.use(await startPipeline({ services: [], settings, ackWaitMs: 1_500 }))
  const provider = await pipeline.startNode('provider')
  const producer = resources.use(await connectProducer(pipeline))
  const pool = createContentPool(createRandom(1), provider)
  const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? ''
  const psaToken = await createPinningToken(databaseUrl, 'crash')
  const journeys = createJourneys({
    pool,
    clients: connectClients({ gatewayUrl: pipeline.gatewayUrl, psaToken, producer }),
    origins: provider.multiaddrs,
    hasUploadOrFailed: cid => hasUploadOrFailed(pipeline, cid),
  })
  const files = {
    planFile: join(pipeline.folder, 'plan.json'),
    journalFile: join(pipeline.folder, 'journal'),
  }
  const services: RestartedService[] = []
  await writeFile(files.journalFile, '')

  /** Sends all on their way, with the plan known to all services, and waits until everything has ended. */
  async function travel(travellers: Traveller[]): Promise<void> {
    const plan: WatchedContent[] = travellers
    await writeFile(files.planFile, JSON.stringify(plan))
    if (services.length === 0)
      for (const name of serviceNames)
        services.push(resources.use(await restartService(pipeline, name, files)))
    else for (const service of services) service.kill()
    await Promise.all(travellers.map(traveller => traveller.travel()))
    await everythingEnds(pipeline)
  }

  const wrongEnds = new Map<CrashPoint, string[]>()

  /** Sends one content to each point. Resolves with the points that none came to: another process did that for it. */
  async function crashAt(group: readonly CrashPoint[]): Promise<CrashPoint[]> {
    if (group.length === 0) return []
    const travellers = await Promise.all(
      group.map(async point => ({
        point,
        journey: point.journey,
        ...(await point.journey.prepare()),
        crashBefore: { service: point.service, effect: point.before },
      })),
    )
    await travel(travellers)
    const journal = await readJournal(files.journalFile)
    const killed = new Set(journal.flatMap(line => (line.killed ? [line.cid] : [])))
    for (const { cid, point } of travellers) {
      const end = await stateOf(pipeline, cid)
      if (end !== point.journey.end) wrongEnds.set(point, [`${cid} ended ${end}`])
    }
    return travellers.flatMap(({ cid, point }) => (killed.has(cid) ? [] : [point]))
  }

  const scouts = await Promise.all(journeys.map(async journey => ({ journey, ...(await journey.prepare()) })))
  await travel(scouts)
  const points = pointsOf(scouts, await readJournal(files.journalFile)).filter(point =>
    wanted.test(nameOf(point)),
  )
  const over = AbortSignal.timeout(budgetMs)
  over.addEventListener('abort', () => writeFileSync(overFileOf(files.planFile), ''))
  let missed = points
  for (let round = 0; round < mostRounds && missed.length > 0 && !over.aborted; round++) {
    // Who has to be met in the middle of the work waits until the fetcher dies no more for others.
    const quick = await crashAt(missed.filter(isQuick))
    missed = [...quick, ...(await crashAt(missed.filter(point => !isQuick(point))))]
  }
  assert.ok(missed.length < points.length)
  for (const point of points)
    await t.test(nameOf(point), t => {
      assert.deepEqual(wrongEnds.get(point) ?? [], [])
      if (missed.includes(point)) t.skip(over.aborted ? 'no time was left for it' : 'nobody came to it')
    })
  await t.test('all CARs are right, and each was announced', () => allCarsAreRight(pipeline, pool))
  const tried = points.length - missed.length
  t.diagnostic(
    `${tried} of ${points.length} crash points, ${services.reduce((sum, { starts }) => sum + starts, 0)} starts`,
  )
})

const nameOf = ({ journey, service, after, before }: CrashPoint): string =>
  `${journey.name}: ${service}, after ${after}, before ${before}`

const isQuick = ({ journey }: CrashPoint) => journey.end !== 'unpinned'

/** What the services do, in order, each effect once; what was done on the journeys before is left out. */
function pointsOf(scouts: readonly Traveller[], journal: readonly JournalLine[]): CrashPoint[] {
  const known = new Set<string>()
  return scouts.flatMap(({ journey, cid }) =>
    serviceNames.flatMap(service => {
      const effects = journal.filter(line => line.cid === cid && line.service === service)
      const names = [...new Set(effects.map(({ effect }) => effect))]
      const points = names.map((before, i) => ({
        journey,
        service,
        before,
        after: names[i - 1] ?? 'its start',
      }))
      const fresh = points.filter(point => everywhere || !known.has(`${point.service} ${point.before}`))
      for (const point of points) known.add(`${point.service} ${point.before}`)
      return fresh
    }),
  )
}

async function readJournal(file: string): Promise<JournalLine[]> {
  const text = await readFile(file, 'utf8')
  return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
}

async function stateOf({ database }: Pipeline, cid: string): Promise<string | undefined> {
  const { rows } = await database.query('select state from contents where cid = $1', [cid])
  return rows[0]?.state
}

async function hasUploadOrFailed(pipeline: Pipeline, cid: string): Promise<boolean> {
  const { storage, buckets } = pipeline
  for await (const _upload of storage.listOpenUploads(buckets.staging, cid)) return true
  return (await stateOf(pipeline, cid)) === 'failed'
}

async function everythingEnds(pipeline: Pipeline): Promise<void> {
  const of = { pipeline, nodes: [pipeline.kubo] }
  const probe = async () => {
    const left = { ...(await unfinishedWork(of)), ...(await remains(of)) }
    const items = Object.entries(left).filter(([, list]) => list.length > 0)
    assert.deepEqual(items, [])
  }
  await pollUntil(probe, { what: 'the end of all work', timeoutMs: 300_000, intervalMs: 200 })
}

async function allCarsAreRight(pipeline: Pipeline, pool: ContentPool): Promise<void> {
  assert.deepEqual((await checkCars({ pipeline }, pool)).violations, [])
}
