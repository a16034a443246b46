import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { failureOf } from '#libs/errors/index.ts'
import { StorageError } from './storage-errors.ts'
import { type FaultProxy, startFaultProxy } from './testing/fault-proxy.ts'
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
let proxy: FaultProxy

before(async () => {
  gateway = await startS3Gateway()
  proxy = await startFaultProxy(gateway.endpoint)
})
beforeEach(() => {
  proxy.plan = () => undefined
})
after(async () => {
  await proxy[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

const patience = { retryForMs: 20_000 }
const threeParts = bytesOf(2 * partBytes + 99)

for (const fault of [
  { kind: 'answer', httpStatus: 503, s3Code: 'SlowDown' },
  { kind: 'answer', httpStatus: 400, s3Code: 'RequestTimeout' },
  { kind: 'cut' },
  { kind: 'lose-answer' },
] as const) {
  for (const operation of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']) {
    test(`${JSON.stringify(fault)} at ${operation} is tried again`, { timeout: 60_000 }, async () => {
      await using storage = connectTo(proxy.endpoint, patience)
      let faults = 2
      proxy.plan = call => (call.operation === operation && faults-- > 0 ? fault : undefined)
      const ref = { bucket: gateway.bucket, key: `retry/${fault.kind}-${operation}.car` }
      await uploadBytes(storage, ref, threeParts)
      assert.ok(faults <= 0)
      assert.equal(sha256(await readBytes(storage, ref)), sha256(threeParts))
    })
  }
}

test('a store that goes on failing ends the upload with a transient error and no part stays', {
  timeout: 60_000,
}, async () => {
  await using storage = connectTo(proxy.endpoint)
  const fault = { kind: 'answer', httpStatus: 503, s3Code: 'SlowDown' } as const
  proxy.plan = ({ operation, url }) =>
    operation === 'UploadPart' && url.searchParams.get('partNumber') === '2' ? fault : undefined
  const ref = { bucket: gateway.bucket, key: 'gives-up/a.car' }
  await assert.rejects(uploadBytes(storage, ref, threeParts), error => {
    assert.ok(error instanceof StorageError)
    assert.equal(error.code, 'storage-unavailable')
    assert.equal(error.httpStatus, 503)
    assert.match(error.message, /UploadPart cars\/gives-up\/a\.car failed: SlowDown \(HTTP 503\)/)
    return true
  })
  assert.deepEqual(await openUploadsOf(storage, gateway.bucket, 'gives-up/'), [])
})

test('a store that stays silent ends the upload after the request timeout', { timeout: 60_000 }, async () => {
  await using storage = connectTo(proxy.endpoint, { requestTimeoutMs: 500 })
  proxy.plan = ({ operation }) => (operation === 'UploadPart' ? { kind: 'silence' } : undefined)
  const ref = { bucket: gateway.bucket, key: 'silent/a.car' }
  await assert.rejects(uploadBytes(storage, ref, threeParts), { name: 'StorageError', s3Code: 'NoAnswer' })
  assert.deepEqual(await openUploadsOf(storage, gateway.bucket, 'silent/'), [])
})

test('a refused key is an error at once, without a second attempt', { timeout: 60_000 }, async () => {
  await using storage = connectTo(proxy.endpoint, {
    ...patience,
    credentials: { accessKeyId: 'test', secretAccessKey: 'wrong' },
  })
  const attemptsBefore = proxy.countOf('PutObject')
  const ref = { bucket: gateway.bucket, key: 'refused.car' }
  await assert.rejects(uploadBytes(storage, ref, bytesOf(1)), { name: 'StorageError', httpStatus: 403 })
  assert.equal(proxy.countOf('PutObject'), attemptsBefore + 1)
})

test('a missing bucket is a transient error', { timeout: 60_000 }, async () => {
  await using storage = connectTo(gateway.endpoint, patience)
  const ref = { bucket: 'no-such-bucket', key: 'a.car' }
  await assert.rejects(uploadBytes(storage, ref, threeParts), error => {
    assert.ok(error instanceof StorageError)
    assert.equal(error.s3Code, 'NoSuchBucket')
    return failureOf(error).code === 'storage-unavailable'
  })
})

test('a store that dies in mid-upload is a transient error; what it kept can be cleaned up', {
  timeout: 60_000,
}, async () => {
  await using doomed = await startS3Gateway()
  await using storage = connectTo(doomed.endpoint, { retryForMs: 300, maxBuffers: 1 })
  const ref = { bucket: doomed.bucket, key: 'job-1/a.car' }
  const writing = async (): Promise<void> => {
    await using upload = storage.createUpload(ref, { signal: AbortSignal.timeout(60_000) })
    await upload.write(threeParts)
    await doomed.kill()
    await upload.write(threeParts)
    await upload.complete()
  }
  await assert.rejects(writing(), error => error instanceof StorageError && error.httpStatus === undefined)
  await doomed.restart()
  await using later = connectTo(doomed.endpoint, patience)
  assert.equal(await later.abortOpenUploads(doomed.bucket, 'job-1/'), 1)
  assert.deepEqual(await openUploadsOf(later, doomed.bucket), [])
})

test('an upload survives a restart of the store', { timeout: 60_000 }, async () => {
  await using restarting = await startS3Gateway()
  await using storage = connectTo(restarting.endpoint, patience)
  const ref = { bucket: restarting.bucket, key: 'a.car' }
  await using upload = storage.createUpload(ref, { signal: AbortSignal.timeout(60_000) })
  await upload.write(threeParts)
  await restarting.kill()
  await upload.write(threeParts)
  await restarting.restart()
  await upload.complete()
  assert.equal(sha256(await readBytes(storage, ref)), sha256(Buffer.concat([threeParts, threeParts])))
})
