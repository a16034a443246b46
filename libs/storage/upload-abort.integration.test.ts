import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { createLogger } from '#libs/telemetry/index.ts'
import { type FaultProxy, startFaultProxy } from './testing/fault-proxy.ts'
import { type S3Gateway, startS3Gateway } from './testing/s3-gateway.ts'
import {
  bytesOf,
  connectTo,
  openUploadsOf,
  partBytes,
  uploadBytes,
  writeUntilFull,
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

const threeParts = bytesOf(2 * partBytes + 99)

for (const operation of ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload']) {
  test(`an abort during ${operation} surfaces its reason and leaves no part`, {
    timeout: 60_000,
  }, async () => {
    await using storage = connectTo(proxy.endpoint)
    const cancelled = new Error('the pin was cancelled')
    const controller = new AbortController()
    const { promise: until, resolve: release } = Promise.withResolvers<void>()
    proxy.plan = call => {
      if (call.operation !== operation) return undefined
      controller.abort(cancelled)
      setImmediate(release)
      return { kind: 'hold', until }
    }
    const ref = { bucket: gateway.bucket, key: `abort/${operation}.car` }
    const uploaded = uploadBytes(storage, ref, threeParts, { signal: controller.signal })
    await assert.rejects(uploaded, error => error === cancelled)
    assert.deepEqual(await openUploadsOf(storage, gateway.bucket, 'abort/'), [])
  })
}

test('an abort ends a write that waits for buffers', { timeout: 60_000 }, async () => {
  await using storage = connectTo(proxy.endpoint, { maxBuffers: 1 })
  const cancelled = new Error('the pin was cancelled')
  const controller = new AbortController()
  proxy.plan = ({ operation }) => (operation === 'UploadPart' ? { kind: 'silence' } : undefined)
  const ref = { bucket: gateway.bucket, key: 'abort-wait/a.car' }
  await using upload = storage.createUpload(ref, { signal: controller.signal })
  const { waiting } = writeUntilFull(upload, bytesOf(100_000))
  controller.abort(cancelled)
  await assert.rejects(waiting, error => error === cancelled)
  assert.throws(
    () => upload.write(bytesOf(1)),
    error => error === cancelled,
  )
})

test('an upload that is dropped leaves nothing and gives its buffers back', { timeout: 60_000 }, async () => {
  await using storage = connectTo(gateway.endpoint, { maxBuffers: 2 })
  const ref = { bucket: gateway.bucket, key: 'dropped/a.car' }
  for (let round = 0; round < 3; round++) {
    await using upload = storage.createUpload(ref, { signal: AbortSignal.timeout(60_000) })
    await upload.write(threeParts)
  }
  assert.deepEqual(await openUploadsOf(storage, gateway.bucket, 'dropped/'), [])
  assert.equal(await storage.head(ref), undefined)
  await uploadBytes(storage, ref, threeParts)
})

test('a failure to abort is logged and does not hide the first error', { timeout: 60_000 }, async t => {
  const log = createLogger('storage-test', 'silent')
  const warn = t.mock.method(log, 'warn')
  await using storage = connectTo(proxy.endpoint, { log })
  proxy.plan = ({ operation }) => {
    if (operation === 'UploadPart') return { kind: 'answer', httpStatus: 503, s3Code: 'SlowDown' }
    return operation === 'AbortMultipartUpload' ? { kind: 'cut' } : undefined
  }
  const ref = { bucket: gateway.bucket, key: 'stranded/a.car' }
  await assert.rejects(uploadBytes(storage, ref, threeParts), { s3Code: 'SlowDown' })
  assert.equal(warn.mock.callCount(), 1)
  proxy.plan = () => undefined
  assert.equal(await storage.abortOpenUploads(gateway.bucket, 'stranded/'), 1)
})
