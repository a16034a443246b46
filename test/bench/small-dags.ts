import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { createPinningToken } from '../clients/psa-token.ts'
import { allHandled } from '../e2e/messages.ts'
import type { Pipeline } from '../e2e/pipeline.ts'
import { freeSpace } from './free-space.ts'
import { kibibyte, type MadeFile, makeFile } from './made-file.ts'
import { type OldWay, startOldWay } from './old-way/old-way.ts'
import { compare, type Figures, type Pair } from './report.ts'
import { runOnPipeline } from './run-on-pipeline.ts'

/*
 * Many small DAGs that are local to Kubo, asked for by one request, until the last of them is `pinned`; beside the old
 * way, which has all of them in its queue at once and works on ten.
 *
 * Usage: node test/bench/small-dags.ts [--dags 300] [--min-kib 10] [--max-kib 100] [--runs 5]
 */
const { values } = parseArgs({
  options: {
    dags: { type: 'string', default: '300' },
    'min-kib': { type: 'string', default: '10' },
    'max-kib': { type: 'string', default: '100' },
    runs: { type: 'string', default: '5' },
  },
})
const dags = Number(values.dags)
const [minBytes, maxBytes] = [Number(values['min-kib']) * kibibyte, Number(values['max-kib']) * kibibyte]

/** Its `BATCH_SIZE`. */
const oldWayAtOnce = 10

/** Files of a root and some leaves. */
async function makeFiles({ kubo }: Pipeline): Promise<MadeFile[]> {
  const files: MadeFile[] = []
  while (files.length < dags)
    files.push(await makeFile(kubo, { bytes: randomInt(minBytes, maxBytes + 1), blockBytes: 16 * kibibyte }))
  return files
}

async function pinAll(pipeline: Pipeline, token: string, files: readonly MadeFile[]): Promise<Figures> {
  const { gatewayUrl, database } = pipeline
  const startedAt = performance.now()
  const answer = await fetch(`${gatewayUrl}/psa/batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(files.map(({ cid }) => ({ cid }))),
  })
  if (answer.status !== 202)
    throw new Error(`the batch was answered ${answer.status}: ${await answer.text()}`)
  const allPinned = async () => {
    const { rows } = await database.query(
      `select count(*)::integer as left from contents where cid = any($1) and state <> 'pinned'`,
      [files.map(({ cid }) => cid)],
    )
    if (rows[0].left > 0) throw new Error(`${rows[0].left} are not pinned`)
  }
  await pollUntil(allPinned, { what: 'the pins', timeoutMs: 600_000, intervalMs: 25 })
  const seconds = (performance.now() - startedAt) / 1_000
  const { rows } = await database.query(
    `select cid, raw_bytes::integer as "rawBytes", blocks::integer from contents where cid = any($1)`,
    [files.map(({ cid }) => cid)],
  )
  const byCid = (one: MadeFile, other: MadeFile) => one.cid.localeCompare(other.cid)
  assert.deepEqual(rows.toSorted(byCid), files.toSorted(byCid))
  await allHandled(pipeline)
  return { 'pins/s': files.length / seconds, s: seconds }
}

async function runPair(pipeline: Pipeline, token: string, oldWay: OldWay): Promise<Pair> {
  const files = await makeFiles(pipeline)
  const pickup = await pinAll(pipeline, token, files)
  const { seconds } = await oldWay.store(files, oldWayAtOnce)
  await freeSpace(pipeline, [oldWay.bucket])
  return { pickup, against: { 'pins/s': files.length / seconds, s: seconds } }
}

await runOnPipeline(async pipeline => {
  await using oldWay = await startOldWay(pipeline)
  const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? ''
  const token = await createPinningToken(databaseUrl, 'bench')
  const pairs: Pair[] = []
  // The first pair warms up.
  for (let run = 0; run <= Number(values.runs); run++) pairs.push(await runPair(pipeline, token, oldWay))
  const work = `pin ${dags} DAGs of ${values['min-kib']} to ${values['max-kib']} KiB at once`
  const row = { bench: 'small-dags', work, target: { atLeast: 4 } }
  return [compare(row, 'the old way', pairs.slice(1), ['pins/s', 's'])]
})
