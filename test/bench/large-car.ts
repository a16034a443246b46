import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { kibibyte, makeFile, mebibyte } from './made-file.ts'
import { pinAndCheck } from './pin-and-check.ts'
import { peakMib, resetPeak, writtenBytes } from './process-usage.ts'
import { measured } from './report.ts'
import { runOnPipeline } from './run-on-pipeline.ts'

/*
 * One CAR that is larger than S3 copies in one call, from POST to `pinned`, and what the validator wrote meanwhile: it
 * has the store copy the parts. Needs three times the size on disk. Linux only. The largest CAR by default of the
 * product has 33,285,996,544 bytes: `--mib 31700`.
 *
 * Usage: node test/bench/large-car.ts [--mib 6144] [--block-kib 256]
 */
const { values } = parseArgs({
  options: { mib: { type: 'string', default: '6144' }, 'block-kib': { type: 'string', default: '256' } },
})

/** What a validator says to the store and to NATS about one CAR is far less. */
const maxWrittenBytes = 4 * mebibyte

await runOnPipeline(async pipeline => {
  const { kubo, children, storage } = pipeline
  const { fetcher, validator } = children
  const size = { bytes: Number(values.mib) * mebibyte, blockBytes: Number(values['block-kib']) * kibibyte }
  const file = await makeFile(kubo, size)
  for (const { pid } of [fetcher, validator]) await resetPeak(pid)
  const before = await writtenBytes(validator.pid)
  const { seconds, receipt } = await pinAndCheck(pipeline, file)
  const written = (await writtenBytes(validator.pid)) - before
  const stored = await storage.head({ bucket: receipt.bucket, key: receipt.key })
  assert.equal(stored?.sizeBytes, receipt.car_bytes)
  assert.ok(written < maxWrittenBytes, `the validator wrote ${written} bytes: the copy went through it`)
  const work = `pin ${values.mib} MiB of ${values['block-kib']} KiB blocks, copied by the store`
  const figures = {
    'MB/s': receipt.car_bytes / 1e6 / seconds,
    s: seconds,
    'MiB of the fetcher': await peakMib(fetcher.pid),
    'MiB of the validator': await peakMib(validator.pid),
  }
  return [measured({ bench: 'large-car', work }, [figures])]
})
