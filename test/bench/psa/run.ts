import { parseArgs } from 'node:util'
import { createPinningToken } from '../../clients/psa-token.ts'
import { globalSetup, globalTeardown } from '../../e2e/global-setup.ts'
import { type Pipeline, startPipeline } from '../../e2e/pipeline.ts'
import { productAckWaitMs } from '../product-settings.ts'
import { report } from '../report.ts'
import { measureBurst } from './measure-burst.ts'
import { measureLatency } from './measure-latency.ts'
import { measureLists } from './measure-lists.ts'
import { type Results, rowsOf } from './report.ts'

/*
 * The Pinning Service API: from POST to `pinned` of one block, lists of a large account, and a burst of deletes and
 * replaces while fetches run. Everything is on one machine: trust ratios, not absolute figures.
 *
 * Usage: node test/bench/psa/run.ts [--latency 100] [--lists 1000000] [--pages 50] [--burst 5000]
 * 0 leaves a part out.
 */
const { values } = parseArgs({
  options: {
    latency: { type: 'string', default: '100' },
    lists: { type: 'string', default: '1000000' },
    pages: { type: 'string', default: '50' },
    burst: { type: 'string', default: '5000' },
  },
})
const results: Results = { latency: [], lists: [], burst: [] }

/** Of the product but for retries: what is dead must be given up soon, so that a burst comes to its end. */
const settings = {
  LOG_LEVEL: 'info',
  RATE_LIMIT_PER_SECOND: '0',
  UNPINNED_CAR_TTL_DAYS: 'never',
  HEARTBEAT_MS: '30000',
  LEASE_MS: '180000',
  PROGRESS_INTERVAL_MS: '1000',
}

async function tokenOf(pipeline: Pipeline, account: string): Promise<string> {
  const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL']
  if (!databaseUrl) throw new Error('no database')
  return createPinningToken(databaseUrl, account)
}

await globalSetup()
try {
  if (values.latency !== '0') {
    await using pipeline = await startPipeline({ settings, ackWaitMs: productAckWaitMs })
    const token = await tokenOf(pipeline, 'latency')
    results.latency = await measureLatency(pipeline, token, Number(values.latency))
  }
  if (values.lists !== '0') {
    await using pipeline = await startPipeline({ settings, services: ['gateway', 'status'] })
    const sizes = { pins: Number(values.lists), pages: Number(values.pages) }
    await measureLists(pipeline, await tokenOf(pipeline, 'lists'), sizes, row => {
      results.lists.push(row)
      process.stderr.write(`${JSON.stringify(row)}\n`)
    })
  }
  if (values.burst !== '0') {
    await using pipeline = await startPipeline({ settings, ackWaitMs: productAckWaitMs })
    const token = await tokenOf(pipeline, 'burst')
    results.burst = [await measureBurst(pipeline, token, Number(values.burst))]
  }
} finally {
  await globalTeardown()
}
process.stdout.write(report(rowsOf(results)))
