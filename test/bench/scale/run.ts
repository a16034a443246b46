import { parseArgs } from 'node:util'
import { createPinningToken } from '../../clients/psa-token.ts'
import { globalSetup, globalTeardown } from '../../e2e/global-setup.ts'
import { type Pipeline, startPipeline } from '../../e2e/pipeline.ts'
import { insertPinned, somePinned } from '../api/insert-pins.ts'
import { measureGets, measureList, type Target } from '../api/measure.ts'
import { productSettings } from '../product-settings.ts'
import { measured, type Row, report } from '../report.ts'
import { liveInDatabase } from './live-in-database.ts'
import { measureOutstandingJobs } from './outstanding-jobs.ts'
import { publishEvents } from './publish-events.ts'

/*
 * What a large installation asks of Postgres and nats-server: the statements of pins in an empty database and in one of
 * many pins, status reads and a list of all of them, and many jobs that wait.
 *
 * Usage: node test/bench/scale/run.ts [--pins 5000000] [--lives 20000] [--at-once 100] [--jobs 100000]
 * 5,000,000 pins need 8 GB of disk. 0 leaves the part out.
 */
const { values } = parseArgs({
  options: {
    pins: { type: 'string', default: '5000000' },
    lives: { type: 'string', default: '20000' },
    'at-once': { type: 'string', default: '100' },
    jobs: { type: 'string', default: '100000' },
  },
})
const pins = Number(values.pins)
const lives = Number(values.lives)
const atOnce = Number(values['at-once'])
const jobs = Number(values.jobs)
const bench = 'scale'
const batchPins = 100_000
const reads = 20_000

async function measurePins(): Promise<Row[]> {
  await using pipeline = await startPipeline({ settings: productSettings, services: ['gateway'] })
  const live = async (work: string) =>
    measured({ bench, work }, [await liveInDatabase(pipeline, { pins: lives, atOnce })])
  const rows = [await live('the statements of a pin, an empty database')]
  for (let first = 1; first <= pins; first += batchPins)
    await insertPinned(pipeline, first, Math.min(first + batchPins - 1, pins))
  const stored = `${pins} pins stored`
  rows.push(await measureSize(pipeline, stored), await live(`the statements of a pin, ${stored}`))
  return [...rows, ...(await measureReads(pipeline, stored))]
}

async function measureSize({ database }: Pipeline, work: string): Promise<Row> {
  const { rows } = await database.query<{ bytes: number }>(
    'select pg_database_size(current_database())::float8 as bytes',
  )
  return measured({ bench, work }, [{ 'bytes of database per pin': (rows[0]?.bytes ?? 0) / (pins + lives) }])
}

async function measureReads(pipeline: Pipeline, stored: string): Promise<Row[]> {
  const target: Target = { server: 'pickup', url: pipeline.gatewayUrl, child: pipeline.children.gateway }
  const cids = await somePinned(pipeline, reads)
  const of = { of: stored, cids, count: reads }
  const get = await measureGets(target, 20, of)
  const list = await measureList(target, '/pins', 'pinned')
  return [
    measured({ bench, work: `status reads, 20 connections, ${stored}` }, [
      { 'reads/s': get.perSecond ?? 0, 'ms p50': get.p50Ms ?? 0, 'ms p99': get.p99Ms ?? 0 },
    ]),
    measured({ bench, work: `GET /pins to its end, ${stored}` }, [
      {
        'objects/s': list.perSecond ?? 0,
        'ms to the first byte': list.firstByteMs ?? 0,
        'MiB peak of the gateway': list.peakMib ?? 0,
      },
    ]),
  ]
}

async function measureJobs(): Promise<Row[]> {
  const tokenOf = ({ serviceSpec }: Pipeline, account: string) =>
    createPinningToken(serviceSpec('gateway').env['DATABASE_URL'] ?? '', account)
  const { accepted, taken } = await measureOutstandingJobs(jobs, tokenOf)
  return [
    measured({ bench, work: `${jobs} pins accepted and their jobs published, no fetcher` }, [accepted]),
    measured({ bench, work: `${jobs} jobs that nobody wants any more, taken by one fetcher` }, [taken]),
  ]
}

/** Without services: nobody reads what is published. */
async function measurePublishing(): Promise<Row[]> {
  await using pipeline = await startPipeline({ services: [] })
  const events = await publishEvents(pipeline, { events: lives, atOnce })
  return [measured({ bench, work: `${lives} events published, ${atOnce} at once, one server` }, [events])]
}

await globalSetup()
const rows: Row[] = []
try {
  if (pins > 0) rows.push(...(await measurePins()))
  rows.push(...(await measurePublishing()))
  if (jobs > 0) rows.push(...(await measureJobs()))
} finally {
  await globalTeardown()
}
process.stdout.write(report(rows))
