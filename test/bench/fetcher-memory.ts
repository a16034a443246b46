import { createCipheriv, randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { globalSetup, globalTeardown } from '../e2e/global-setup.ts'
import { startPipeline } from '../e2e/pipeline.ts'
import { addStream } from './add-stream.ts'
import { peakMib } from './process-usage.ts'

/*
 * Peak memory of the fetcher and the validator while one large CAR passes. Linux only: the kernel keeps the peak.
 * Usage: node test/bench/fetcher-memory.ts [--mib 2048] [--chunker size-262144]
 */
const { values } = parseArgs({
  options: { mib: { type: 'string', default: '2048' }, chunker: { type: 'string', default: 'size-262144' } },
})
const mebibyte = 1024 ** 2

/** Bytes that do not compress and do not repeat, faster than a random source gives them. */
function* incompressible(mebibytes: number) {
  const cipher = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16))
  const zeros = Buffer.alloc(mebibyte)
  for (let i = 0; i < mebibytes; i++) yield cipher.update(zeros)
}

await globalSetup()
try {
  await using pipeline = await startPipeline({ settings: { LOG_LEVEL: 'info' } })
  const { children, client, kubo } = pipeline
  const cid = await addStream(
    kubo,
    incompressible(Number(values.mib)),
    `cid-version=1&chunker=${values.chunker}`,
  )
  const idleMib = {
    fetcher: await peakMib(children.fetcher.pid),
    validator: await peakMib(children.validator.pid),
  }
  const startedAt = performance.now()
  await client.pin(cid)
  const { status, error, receipt } = await client.settled(cid, { timeoutMs: 900_000 })
  if (status !== 'pinned') throw new Error(`the pin ended ${status}: ${error}`)
  const result = {
    bench: 'fetcher-memory',
    carBytes: receipt?.car_bytes,
    blocks: receipt?.blocks,
    pinMs: Math.round(performance.now() - startedAt),
    idleMib,
    peakMib: {
      fetcher: await peakMib(children.fetcher.pid),
      validator: await peakMib(children.validator.pid),
    },
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
} finally {
  await globalTeardown()
}
