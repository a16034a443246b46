import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type FaultProxy, startFaultProxy } from './testing/fault-proxy.ts'
import { type S3Gateway, startS3Gateway } from './testing/s3-gateway.ts'
import { bytesOf, connectTo, partBytes, writeUntilFull } from './testing/test-objects.ts'

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

test('with a slow store writes wait when the buffers are full, then go on', { timeout: 60_000 }, async () => {
  await using storage = connectTo(proxy.endpoint, { maxBuffers: 3, partsInFlight: 8 })
  const { promise: until, resolve: release } = Promise.withResolvers<void>()
  proxy.plan = ({ operation }) => (operation === 'UploadPart' ? { kind: 'hold', until } : undefined)
  const ref = { bucket: gateway.bucket, key: 'slow/a.car' }
  await using upload = storage.createUpload(ref, { signal: AbortSignal.timeout(60_000) })
  const chunk = bytesOf(100_000)
  const { takenBytes, waiting } = writeUntilFull(upload, chunk)
  assert.ok(takenBytes <= 3 * partBytes)
  assert.ok(takenBytes > 3 * partBytes - chunk.length)
  release()
  await waiting
  assert.deepEqual(await upload.complete(), { sizeBytes: takenBytes + chunk.length })
})

test('parts in flight are limited per upload', { timeout: 60_000 }, async () => {
  await using storage = connectTo(proxy.endpoint, { maxBuffers: 32, partsInFlight: 2 })
  const { promise: until, resolve: release } = Promise.withResolvers<void>()
  proxy.plan = ({ operation }) => (operation === 'UploadPart' ? { kind: 'hold', until } : undefined)
  const ref = { bucket: gateway.bucket, key: 'limited/a.car' }
  await using upload = storage.createUpload(ref, { signal: AbortSignal.timeout(60_000) })
  const { takenBytes, waiting } = writeUntilFull(upload, bytesOf(100_000))
  assert.ok(takenBytes <= 3 * partBytes)
  release()
  await waiting
  await upload.complete()
})
