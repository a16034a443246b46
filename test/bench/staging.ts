import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import type { Pipeline } from '../e2e/pipeline.ts'
import { type ForkedProgram, forkProgram } from './forked-program.ts'
import { freeSpace } from './free-space.ts'
import { kibibyte, makeFile, mebibyte } from './made-file.ts'
import { pinAndCheck } from './pin-and-check.ts'
import type { MoveJob } from './plain-mover.ts'
import { meterCpu } from './process-usage.ts'
import { compare, type Figures, type Pair } from './report.ts'
import { runOnPipeline } from './run-on-pipeline.ts'
import { whenUploaded } from './when-uploaded.ts'

/*
 * From POST until the checked CAR lies in staging, of content that is local to Kubo, beside a program that only moves
 * the bytes.
 *
 * Usage: node test/bench/staging.ts [--mib 1024] [--block-kib 256] [--runs 5]
 */
const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    'block-kib': { type: 'string', default: '256' },
    runs: { type: 'string', default: '5' },
  },
})
const size = { bytes: Number(values.mib) * mebibyte, blockBytes: Number(values['block-kib']) * kibibyte }

async function timed(
  pid: number | undefined,
  carBytes: () => number,
  run: () => Promise<number>,
): Promise<Figures> {
  const stop = await meterCpu({ own: [pid] })
  const seconds = await run()
  const { own } = await stop()
  return { 'MB/s': carBytes() / 1e6 / seconds, s: seconds, 'CPU-s/GB': own / (carBytes() / 1e9) }
}

async function runPair(pipeline: Pipeline, mover: ForkedProgram<MoveJob, void>): Promise<Pair> {
  const { kubo, servers, buckets, storage, children } = pipeline
  const file = await makeFile(kubo, size)
  let carBytes = 0
  const pickup = await timed(
    children.fetcher.pid,
    () => carBytes,
    async () => {
      const uploaded = whenUploaded(pipeline, file.cid)
      const startedAt = performance.now()
      const { receipt } = await pinAndCheck(pipeline, file)
      carBytes = receipt.car_bytes
      return ((await uploaded) - startedAt) / 1_000
    },
  )
  const moved = { bucket: buckets.staging, key: 'moved' }
  const against = await timed(
    mover.pid,
    () => carBytes,
    async () => {
      const startedAt = performance.now()
      await mover.run({ gatewayUrl: kubo.gatewayUrl, cid: file.cid, s3: servers.s3, ...moved })
      return (performance.now() - startedAt) / 1_000
    },
  )
  assert.equal((await storage.head(moved))?.sizeBytes, carBytes)
  await freeSpace(pipeline)
  return { pickup, against }
}

await runOnPipeline(async pipeline => {
  await using mover = forkProgram<MoveJob, void>(new URL('plain-mover.ts', import.meta.url))
  const pairs: Pair[] = []
  // The first pair warms up.
  for (let run = 0; run <= Number(values.runs); run++) pairs.push(await runPair(pipeline, mover))
  const work = `fetch ${values.mib} MiB of ${values['block-kib']} KiB blocks to staging`
  return [
    compare({ bench: 'staging', work, target: { atLeast: 0.85 } }, 'moving them unchecked', pairs.slice(1), [
      'MB/s',
      's',
      'CPU-s/GB',
    ]),
  ]
})
