import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import type { Pipeline } from '../e2e/pipeline.ts'
import { emptyBuckets } from './free-space.ts'
import { kibibyte, type MadeFile, makeFile, mebibyte } from './made-file.ts'
import { type OldWay, startOldWay } from './old-way/old-way.ts'
import { pinAndCheck } from './pin-and-check.ts'
import { meterCpu, peakMib, resetPeak } from './process-usage.ts'
import { compare, type Figures, type Pair, type Row } from './report.ts'
import { runOnPipeline } from './run-on-pipeline.ts'

/*
 * One large pin of content that is local to Kubo, from POST to `pinned`, beside the old way. Linux only: the kernel keeps
 * the peak of memory.
 *
 * Usage: node test/bench/pin.ts [--mib 1024,256] [--block-kib 256,1] [--runs 5]
 */
const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024,256' },
    'block-kib': { type: 'string', default: '256,1' },
    runs: { type: 'string', default: '5' },
  },
})

type Processes = Record<string, number | undefined>

/** What a run needs: CPU time of some processes and of the servers that both sides use, and the memory of some. */
async function withUsage(
  { kubo, servers }: Pipeline,
  { cpu, memory }: Record<'cpu' | 'memory', Processes>,
  run: () => Promise<{ seconds: number; carBytes: number }>,
): Promise<Figures> {
  for (const pid of Object.values(memory)) await resetPeak(pid)
  const stop = await meterCpu({ own: Object.values(cpu), kubo: [kubo.child.pid], s3: [servers.s3Pid] })
  const { seconds, carBytes } = await run()
  const used = await stop()
  const peaks = await Promise.all(
    Object.entries(memory).map(async ([name, pid]) => [`MiB of the ${name}`, await peakMib(pid)] as const),
  )
  const gigabytes = carBytes / 1e9
  return {
    'MB/s': carBytes / 1e6 / seconds,
    s: seconds,
    'CPU-s/GB': used.own / gigabytes,
    'CPU-s/GB of Kubo': used.kubo / gigabytes,
    'CPU-s/GB of the store': used.s3 / gigabytes,
    MiB: peaks.reduce((total, [, peak]) => total + peak, 0),
    ...Object.fromEntries(peaks),
  }
}

async function runPair(pipeline: Pipeline, oldWay: OldWay, file: MadeFile): Promise<Pair> {
  const { fetcher, validator } = pipeline.children
  const services = Object.fromEntries(Object.entries(pipeline.children).map(([name, { pid }]) => [name, pid]))
  let carBytes = 0
  const pickup = await withUsage(
    pipeline,
    // The memory of the two that do what the old worker does alone; the others hold no CAR.
    { cpu: services, memory: { fetcher: fetcher.pid, validator: validator.pid } },
    async () => {
      const { seconds, receipt } = await pinAndCheck(pipeline, file)
      carBytes = receipt.car_bytes
      return { seconds, carBytes }
    },
  )
  const worker = { worker: oldWay.pid }
  const against = await withUsage(pipeline, { cpu: worker, memory: worker }, () => oldWay.store([file], 1))
  await emptyBuckets(pipeline, [oldWay.bucket])
  return { pickup, against }
}

async function measure(pipeline: Pipeline, oldWay: OldWay, mib: number, blockKib: number): Promise<Row[]> {
  const pairs: Pair[] = []
  for (let run = 0; run < Number(values.runs); run++) {
    const file = await makeFile(pipeline.kubo, { bytes: mib * mebibyte, blockBytes: blockKib * kibibyte })
    pairs.push(await runPair(pipeline, oldWay, file))
  }
  const what = `pin ${mib} MiB of ${blockKib} KiB blocks`
  const row = (of: string, measures: string[], target?: { atLeast: number } | { atMost: number }) =>
    compare({ bench: 'pin', work: `${what}${of}`, target }, 'the old way', pairs, measures)
  return [
    row('', ['MB/s', 's'], { atLeast: 2 }),
    row(
      ': CPU time of all processes',
      ['CPU-s/GB', 'CPU-s/GB of Kubo', 'CPU-s/GB of the store'],
      blockKib >= 256 ? { atMost: 0.5 } : undefined,
    ),
    row(
      ': peak of memory',
      ['MiB', 'MiB of the fetcher', 'MiB of the validator'],
      blockKib < 256 ? { atMost: 0.25 } : undefined,
    ),
  ]
}

await runOnPipeline(async pipeline => {
  await using oldWay = await startOldWay(pipeline)
  const blocksKib = values['block-kib'].split(',').map(Number)
  const sizesMib = values.mib.split(',').map(Number)
  assert.equal(sizesMib.length, blocksKib.length)
  // Warms up processes and connections.
  await runPair(
    pipeline,
    oldWay,
    await makeFile(pipeline.kubo, { bytes: 16 * mebibyte, blockBytes: 16 * kibibyte }),
  )
  const rows: Row[] = []
  for (const [i, mib] of sizesMib.entries())
    rows.push(...(await measure(pipeline, oldWay, mib, blocksKib[i] ?? 256)))
  return rows
})
