import assert from 'node:assert/strict'
import type { PinStatus } from '../e2e/client.ts'
import { allHandled } from '../e2e/messages.ts'
import type { Pipeline } from '../e2e/pipeline.ts'
import type { MadeFile } from './made-file.ts'

type PinnedFile = {
  /** From the POST until the API says `pinned`. */
  seconds: number
  receipt: NonNullable<PinStatus['receipt']>
}

/** Pins a file over the API. Throws unless it is pinned at the first attempt, and the receipt says what was made. */
export async function pinAndCheck(
  pipeline: Pipeline,
  file: MadeFile,
  origins: readonly string[] = [],
): Promise<PinnedFile> {
  const { client } = pipeline
  const startedAt = performance.now()
  await client.pin(file.cid, { origins })
  const pin = await client.settled(file.cid, { timeoutMs: 4 * 3_600_000 })
  const seconds = (performance.now() - startedAt) / 1_000
  const receipt = checkReceipt(pin, file)
  // What is left to do, such as deleting the staged object, is no load for whoever comes next.
  await allHandled(pipeline)
  return { seconds, receipt }
}

/** Throws unless the pin is what was made. */
export function checkReceipt({ status, error, attempts, receipt }: PinStatus, file: MadeFile) {
  assert.equal(status, 'pinned', error)
  assert.ok(receipt)
  const { raw_bytes: rawBytes, blocks } = receipt
  assert.deepEqual(
    { rawBytes, blocks, attempts },
    { rawBytes: file.rawBytes, blocks: file.blocks, attempts: 1 },
  )
  return receipt
}
