import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Storage } from './storage.ts'
import { type S3Gateway, startS3Gateway } from './testing/s3-gateway.ts'
import {
  bytesOf,
  connectTo,
  openUploadsOf,
  partBytes,
  readBytes,
  sha256,
  uploadBytes,
} from './testing/test-objects.ts'

let gateway: S3Gateway
let storage: Storage

before(async () => {
  gateway = await startS3Gateway()
  storage = connectTo(gateway.endpoint)
})
after(async () => {
  await storage[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

const sizes = [0, 1, partBytes - 1, partBytes, partBytes + 1, 3 * partBytes, 3 * partBytes + 12_345]

for (const sizeBytes of sizes) {
  test(`an object of ${sizeBytes} bytes comes back as it was written`, { timeout: 60_000 }, async () => {
    const ref = { bucket: gateway.bucket, key: `sizes/${sizeBytes}.car` }
    const bytes = bytesOf(sizeBytes)
    const written = await uploadBytes(storage, ref, bytes, { metadata: { root: 'bafy' } })
    assert.deepEqual(written, { sizeBytes })
    const stored = await storage.head(ref)
    assert.equal(stored?.sizeBytes, sizeBytes)
    assert.deepEqual(stored?.metadata, { root: 'bafy' })
    assert.equal(sha256(await readBytes(storage, ref)), sha256(bytes))
    assert.deepEqual(await openUploadsOf(storage, gateway.bucket), [])
  })
}

test('a chunk larger than all buffers together is taken in one write', { timeout: 60_000 }, async () => {
  await using small = connectTo(gateway.endpoint, { maxBuffers: 2, partsInFlight: 2 })
  const ref = { bucket: gateway.bucket, key: 'one-write.car' }
  const bytes = bytesOf(4 * partBytes + 7)
  await using upload = small.createUpload(ref, { signal: AbortSignal.timeout(60_000) })
  await upload.write(bytes)
  await upload.complete()
  assert.equal(sha256(await readBytes(small, ref)), sha256(bytes))
})

test('the chunk may be overwritten as soon as write has returned', { timeout: 60_000 }, async () => {
  const ref = { bucket: gateway.bucket, key: 'reused-chunk.car' }
  const bytes = bytesOf(2 * partBytes)
  const chunk = Buffer.alloc(65_536)
  await using upload = storage.createUpload(ref, { signal: AbortSignal.timeout(60_000) })
  for (let offset = 0; offset < bytes.length; offset += chunk.length) {
    const length = bytes.copy(chunk, 0, offset)
    await upload.write(chunk.subarray(0, length))
    chunk.fill(0)
  }
  await upload.complete()
  assert.equal(sha256(await readBytes(storage, ref)), sha256(bytes))
})

test('with fewer buffers than uploads every upload finishes', { timeout: 60_000 }, async () => {
  await using small = connectTo(gateway.endpoint, { maxBuffers: 2 })
  const bytes = bytesOf(3 * partBytes + 1)
  const refs = [1, 2, 3, 4].map(name => ({ bucket: gateway.bucket, key: `crowd/${name}.car` }))
  await Promise.all(refs.map(ref => uploadBytes(small, ref, bytes)))
  for (const ref of refs) assert.equal(sha256(await readBytes(small, ref)), sha256(bytes))
})

test('parts and whole objects carry a CRC32 when the store is said to support it', {
  timeout: 60_000,
}, async () => {
  await using checked = connectTo(gateway.endpoint, { requestChecksums: 'when-supported' })
  for (const sizeBytes of [10, 2 * partBytes + 1]) {
    const ref = { bucket: gateway.bucket, key: `crc/${sizeBytes}.car` }
    const bytes = bytesOf(sizeBytes)
    await uploadBytes(checked, ref, bytes)
    assert.equal(sha256(await readBytes(checked, ref)), sha256(bytes))
  }
})

test('a second write before the first has settled is refused', { timeout: 60_000 }, async () => {
  await using small = connectTo(gateway.endpoint, { maxBuffers: 1 })
  const ref = { bucket: gateway.bucket, key: 'overlap.car' }
  await using upload = small.createUpload(ref, { signal: AbortSignal.timeout(60_000) })
  const first = upload.write(bytesOf(3 * partBytes))
  assert.throws(() => upload.write(bytesOf(1)), /still running/)
  await first
})

test('writing to a complete upload is refused', { timeout: 60_000 }, async () => {
  const ref = { bucket: gateway.bucket, key: 'closed.car' }
  await using upload = storage.createUpload(ref, { signal: AbortSignal.timeout(60_000) })
  await upload.complete()
  assert.throws(() => upload.write(bytesOf(1)), /complete/)
})
