import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { jetstreamManager } from '@nats-io/jetstream'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { addBytes, deadCid } from '../e2e/content.ts'
import type { Pipeline } from '../e2e/pipeline.ts'
import { productAckWaitMs } from './product-settings.ts'
import { compare, type Figures, type Pair } from './report.ts'
import { runOnPipeline } from './run-on-pipeline.ts'

/*
 * How long pins take alone, and behind pins of CIDs that nobody has. All of them are queued while the fetcher stands
 * still; the time counts from where it goes on to the last good pin.
 * Usage: node test/bench/fairness.ts [--dead 1000] [--good 50] [--kib 1024] [--runs 3]
 */
const { values } = parseArgs({
  options: {
    dead: { type: 'string', default: '1000' },
    good: { type: 'string', default: '50' },
    kib: { type: 'string', default: '1024' },
    runs: { type: 'string', default: '3' },
  },
})
const dead = Number(values.dead)
const good = Number(values.good)
const kib = Number(values.kib)

const atOnce = 20

/** Calls `act` for each item, some at once. */
async function forEach<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values()
  const work = async () => {
    for (const item of left) await act(item)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

/** Queues dead pins and then good ones, lets the fetcher begin, and gives the seconds until all good ones are pinned. */
async function timed(
  pipeline: Pipeline,
  origins: readonly string[],
  cids: Record<'dead' | 'good', string[]>,
) {
  const { admin, prefix, children, client, database } = pipeline
  const { streams } = await jetstreamManager(admin)
  const fetcher = children.fetcher.pid
  if (fetcher === undefined) throw new Error('the fetcher does not run')
  process.kill(fetcher, 'SIGSTOP')
  await forEach(cids.dead, cid => client.pin(cid))
  await forEach(cids.good, cid => client.pin(cid, { origins }))
  const queued = cids.dead.length + cids.good.length
  const allQueued = async () => {
    const { state } = await streams.info(`${prefix}_PIN_JOBS`)
    if (state.messages < queued) throw new Error(`${state.messages} are queued`)
  }
  await pollUntil(allQueued, { what: 'all jobs in the stream', timeoutMs: 30_000 })
  const from = performance.now()
  process.kill(fetcher, 'SIGCONT')
  const allPinned = async () => {
    const { rows } = await database.query(
      `select count(*)::integer as left from contents where cid = any($1) and state <> 'pinned'`,
      [cids.good],
    )
    if (rows[0].left > 0) throw new Error(`${rows[0].left} are not pinned`)
  }
  await pollUntil(allPinned, { what: 'the good pins', timeoutMs: 900_000, intervalMs: 25 })
  const seconds = (performance.now() - from) / 1_000
  await forEach([...cids.dead, ...cids.good], cid => client.unpin(cid))
  const allGone = async () => {
    const { state } = await streams.info(`${prefix}_PIN_JOBS`)
    if (state.messages > 0) throw new Error(`${state.messages} are left`)
  }
  // What the server sent to a fetcher that stood still for long comes again after the ack wait.
  await pollUntil(allGone, { what: 'the end of cancelled jobs', timeoutMs: 2 * productAckWaitMs })
  return seconds
}

await runOnPipeline(async pipeline => {
  const provider = await pipeline.startNode('provider')
  const goodCids = () =>
    Promise.all(
      Array.from({ length: good }, () =>
        addBytes(provider, randomBytes(kib * 1024), 'cid-version=1&pin=false'),
      ),
    )
  const run = async (cids: string[]): Promise<Figures> => {
    const seconds = await timed(pipeline, provider.multiaddrs, { dead: cids, good: await goodCids() })
    return { s: seconds }
  }
  await run([])
  const pairs: Pair[] = []
  for (let i = 0; i < Number(values.runs); i++) {
    const against = await run([])
    pairs.push({ pickup: await run(Array.from({ length: dead }, deadCid)), against })
  }
  const work = `pin ${good} DAGs of ${kib} KiB behind ${dead} that nobody has`
  return [compare({ bench: 'fairness', work }, 'the same alone', pairs, ['s'])]
})
