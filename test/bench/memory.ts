import { parseArgs } from 'node:util'
import { allHandled } from '../e2e/messages.ts'
import { kibibyte, type MadeFile, makeFile, mebibyte } from './made-file.ts'
import { checkReceipt } from './pin-and-check.ts'
import { peakMib, resetPeak, residentMib } from './process-usage.ts'
import { compare, measured } from './report.ts'
import { runOnPipeline } from './run-on-pipeline.ts'
import { median } from './statistics.ts'

/*
 * Resident memory of one fetcher, and of one validator, while CARs of very different sizes pass, as many at once as
 * `BATCH_SIZE` allows. The first ones of the list keep the slots for long, the others follow one another. Needs three
 * times their size on disk. Linux only.
 *
 * Usage: node test/bench/memory.ts [--cars 8192x256,…]    MiB of the CAR x KiB of its blocks
 */
const cars =
  '8192x256,1024x1024,1024x256,512x1024,512x64,256x16,128x4,64x1,64x1,32x1024,16x1,8x256,4x16,2x1,1x1,1x1024'
const { values } = parseArgs({ options: { cars: { type: 'string', default: cars } } })
const sizes = values.cars.split(',').map(car => car.split('x').map(Number))
const sampleMs = 500

/** What is resident, from now until `stop`. */
function sampleMemory(pid: number | undefined): { stop: () => Promise<number[]> } {
  const samples: Promise<number>[] = []
  const timer = setInterval(() => samples.push(residentMib(pid)), sampleMs)
  return {
    stop() {
      clearInterval(timer)
      return Promise.all(samples)
    },
  }
}

await runOnPipeline(async pipeline => {
  const { kubo, client } = pipeline
  const { fetcher, validator } = pipeline.children
  const files: MadeFile[] = []
  for (const [mib = 1, blockKib = 256] of sizes)
    files.push(await makeFile(kubo, { bytes: mib * mebibyte, blockBytes: blockKib * kibibyte }))
  for (const { pid } of [fetcher, validator]) await resetPeak(pid)
  const sampling = sampleMemory(fetcher.pid)
  for (const { cid } of files) await client.pin(cid)
  for (const file of files) checkReceipt(await client.settled(file.cid, { timeoutMs: 4 * 3_600_000 }), file)
  const samples = await sampling.stop()
  await allHandled(pipeline)

  const half = Math.floor(samples.length / 2)
  const range = (numbers: number[], unit: string) =>
    `${Math.min(...numbers)} to ${Math.max(...numbers)} ${unit}`
  const mib = range(
    sizes.map(([size = 0]) => size),
    'MiB',
  )
  const work = `pin ${files.length} CARs of ${mib} at once, of ${range(
    sizes.map(([, block = 0]) => block),
    'KiB',
  )} blocks`
  const bench = 'memory'
  const peaks = { MiB: await peakMib(fetcher.pid), 'MiB of the validator': await peakMib(validator.pid) }
  const halves = {
    pickup: { MiB: median(samples.slice(half)) },
    against: { MiB: median(samples.slice(0, half)) },
  }
  return [
    measured({ bench, work: `${work}: peak of the fetcher`, target: { atMost: 400 } }, [peaks]),
    compare(
      { bench, work: `${work}: fetcher, second half of the time`, target: { atMost: 1.1 } },
      'the first half',
      [halves],
      ['MiB'],
    ),
  ]
})
