import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectStorage } from './connect-storage.ts'
import { createPartBuffers } from './part-buffers.ts'
import type { S3Calls } from './s3-calls.ts'
import { createUpload } from './upload-object.ts'

const times = {
  requestTimeoutMs: 1_000,
  serverWorkTimeoutMs: 1_000,
  readIdleTimeoutMs: 1_000,
  retryForMs: 0,
  abortGraceMs: 0,
}

test('the 10,001st part ends the upload with car-too-big', { timeout: 30_000 }, async () => {
  // No real store could take 10,000 parts in the time of a test, so every request has the same answer here.
  const answer = { UploadId: 'scripted', ETag: '"0"', Parts: [] }
  const s3: S3Calls = { times, call: async () => answer as never }
  const deps = { s3, partBytes: 1, partsInFlight: 4, checksums: false, log: undefined }
  const signal = AbortSignal.timeout(30_000)
  const uploadOf = async (sizeBytes: number): Promise<{ sizeBytes: number }> => {
    const buffers = createPartBuffers(1, 5)
    await using upload = createUpload({ ...deps, buffers }, { bucket: 'cars', key: 'a.car' }, { signal })
    await upload.write(new Uint8Array(sizeBytes))
    return await upload.complete()
  }
  assert.deepEqual(await uploadOf(10_000), { sizeBytes: 10_000 })
  await assert.rejects(uploadOf(10_001), { name: 'PermanentError', code: 'car-too-big' })
})

test('sizes that no store takes are refused at the start', () => {
  const base = { forcePathStyle: true }
  assert.throws(
    () => connectStorage({ ...base, partBytes: 1024 }),
    /partBytes must be an integer from 5242880/,
  )
  assert.throws(() => connectStorage({ ...base, partsInFlight: 0 }), RangeError)
  assert.throws(() => connectStorage({ ...base, maxBuffers: 0 }), RangeError)
})
