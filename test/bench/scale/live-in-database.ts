import { randomUUID } from 'node:crypto'
import {
  connectDatabase,
  createAcceptPin,
  createContentChanges,
  createWantedBy,
  type Database,
  foldPinCounts,
  type Job,
  leasesOf,
  recordHandled,
  requestIdOf,
  startOutboxRelay,
  wasHandled,
} from '#libs/db/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import type { Pipeline } from '../../e2e/pipeline.ts'
import { randomCids } from '../api/random-cids.ts'
import { cpuMs } from '../process-usage.ts'
import type { Figures } from '../report.ts'

const log = createLogger('bench', 'warn')
const leaseMs = 180_000
const connections = 20
/** As many as status folds at once. */
const batchChanges = 10_000

/**
 * The part that Postgres has in pins: every statement of every service, from the acceptance to `indexed`, in their
 * order and by the code of the services, so many pins `atOnce`; without the NATS, IPFS and S3 that are between them.
 */
export async function liveInDatabase(
  { database, serviceSpec }: Pipeline,
  { pins, atOnce }: { pins: number; atOnce: number },
): Promise<Figures> {
  const settings = {
    DATABASE_URL: serviceSpec('gateway').env['DATABASE_URL'] ?? '',
    DATABASE_MAX_CONNECTIONS: connections,
    DATABASE_QUERY_TIMEOUT_MS: 30_000,
  }
  await using db = connectDatabase('bench', settings, log)
  await using relay = startOutboxRelay({ db, publish: async () => {}, pollMs: 1_000, log })
  const live = createLife(db, relay.wake)
  const queue = randomCids(pins).values()
  const work = async () => {
    for (const cid of queue) await live(cid)
  }
  const before = await readUsage(database)
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: atOnce }, work))
  // Status does it every few seconds.
  while ((await foldPinCounts(db, batchChanges)) === batchChanges) continue
  const seconds = (performance.now() - startedAt) / 1_000
  const after = await readUsage(database)
  return {
    'pins/s': pins / seconds,
    'ms CPU of Postgres per pin': (after.cpuMs - before.cpuMs) / pins,
    'commits per pin': (after.commits - before.commits) / pins,
    'KiB of WAL per pin': (after.walBytes - before.walBytes) / pins / 1_024,
  }
}

/** One pin, from the request to the announcement of its CAR. */
function createLife(db: Database, wakeOutbox: () => void) {
  const accept = createAcceptPin(db)
  const fetcher = leasesOf(db, { owner: 'fetcher/bench', leaseMs })
  const validator = leasesOf(db, { owner: 'validator/bench', leaseMs })
  const wantedBy = createWantedBy(db)
  const changes = createContentChanges(db)
  const take = async (leases: typeof fetcher, job: Job) => {
    const claimed = await leases.claim(job)
    if (claimed.kind !== 'leased') throw new Error(`the job is ${claimed.kind}`)
    return claimed.lease
  }

  return async (cid: string): Promise<void> => {
    const generation = 1
    await accept({
      requestId: randomUUID(),
      account: 'default',
      api: 'cluster',
      cid,
      sentCid: cid,
      name: `pin of ${cid}`,
      meta: {},
      origins: [],
    })
    wakeOutbox()

    const fetch = await take(fetcher, { cid, generation, step: 'fetch' })
    await wantedBy(cid)
    await changes.started({ cid, generation, attempt: fetch.attempt, worker: 'fetcher/bench' })
    const facts = { carCid: cid, sizeBytes: 100_000, blocks: 4, dagBytes: 99_000, rawBytes: 98_000 }
    const staging = { bucket: 'staging', key: `${cid}/1-1.car` }
    await fetcher.complete(fetch, { staging, ...facts })

    const check = await take(validator, { cid, generation, step: 'validate' })
    await requestIdOf(db, cid)
    const car = { bucket: 'cars', key: `${cid}/${cid}.car` }
    const valid = { cid, generation, car, region: 'eu', ...facts, verifiedAt: new Date().toISOString() }
    await validator.complete(check, valid)

    await changes.pinned(valid)
    const event = `${cid}.1.valid`
    if (!(await wasHandled(db, 'indexer-bridge', event))) await recordHandled(db, 'indexer-bridge', event)
    await changes.indexed({ cid, generation, carCid: cid, announced: true }, new Date())
  }
}

/** Of the whole server so far. Its processes that live on are counted, which all of those that do this work are. */
async function readUsage(database: Pipeline['database']) {
  const { rows } = await database.query<{ commits: number; wal_bytes: number; pids: number[] }>(`
    select (select sum(xact_commit) from pg_stat_database)::float8 as commits,
      pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal_bytes,
      (select array_agg(pid) from pg_stat_activity where backend_type <> 'autovacuum worker') as pids`)
  const [row] = rows
  if (!row) throw new Error('Postgres tells nothing of itself')
  const cpu = await Promise.all(row.pids.map(cpuMs))
  return { commits: row.commits, walBytes: row.wal_bytes, cpuMs: cpu.reduce((sum, ms) => sum + ms, 0) }
}
