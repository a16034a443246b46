import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { HeadObjectCommand } from '@aws-sdk/client-s3'
import type { ObjectRef, Storage } from './storage.ts'
import { ObjectNotFoundError, StorageError } from './storage-errors.ts'
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
const bytes = bytesOf(3 * partBytes + 17)
const sizeBytes = bytes.length
const metadata = { root: 'bafy' }
const contentType = 'application/vnd.ipld.car'

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

const ref = (key: string): ObjectRef => ({ bucket: gateway.bucket, key })
const signal = (): AbortSignal => AbortSignal.timeout(60_000)
const ways = [
  { way: 'in one call', settings: {}, operation: 'CopyObject' },
  {
    way: 'in parts',
    settings: { singleCopyMaxBytes: partBytes, copyPartBytes: partBytes },
    operation: 'UploadPartCopy',
  },
] as const

for (const { way, settings, operation } of ways) {
  const connectWith = (options = {}): Storage => connectTo(proxy.endpoint, { ...settings, ...options })

  test(`a copy ${way} has the same bytes and the metadata given`, { timeout: 60_000 }, async () => {
    await using storage = connectWith()
    const [from, to] = [ref(`staging ${way}/ü+?#&=.car`), ref(`cars ${way}/ü+?#&=.car`)]
    await uploadBytes(storage, from, bytes, { metadata: { staged: 'yes' } })
    await storage.copy(from, to, { sizeBytes, metadata, contentType, signal: signal() })
    assert.deepEqual((await storage.head(to))?.metadata, metadata)
    const head = await gateway.client.send(new HeadObjectCommand({ Bucket: to.bucket, Key: to.key }))
    assert.equal(head.ContentType, contentType)
    assert.equal(sha256(await readBytes(storage, to)), sha256(bytes))
  })

  test(`a copy ${way} made before is left alone, even when its source is gone`, {
    timeout: 60_000,
  }, async () => {
    await using storage = connectWith()
    const [from, to] = [ref(`staging/twice ${way}`), ref(`cars/twice ${way}`)]
    await uploadBytes(storage, from, bytes)
    await storage.copy(from, to, { sizeBytes, metadata, signal: signal() })
    await storage.delete(from)
    const copies = proxy.countOf(operation)
    await storage.copy(from, to, { sizeBytes, metadata, signal: signal() })
    assert.equal(proxy.countOf(operation), copies)
  })

  test(`many copies ${way} to one key at once all succeed`, { timeout: 60_000 }, async () => {
    await using storage = connectWith({ retryForMs: 10_000 })
    const [from, to] = [ref(`staging/race ${way}`), ref(`cars/race ${way}`)]
    await uploadBytes(storage, from, bytes)
    const copies = [1, 2, 3].map(() => storage.copy(from, to, { sizeBytes, metadata, signal: signal() }))
    await Promise.all(copies)
    assert.equal(sha256(await readBytes(storage, to)), sha256(bytes))
    assert.deepEqual(await openUploadsOf(storage, gateway.bucket), [])
  })

  test(`a copy ${way} onto an object of another size is an error`, { timeout: 60_000 }, async () => {
    await using storage = connectWith()
    const [from, to] = [ref(`staging/other ${way}`), ref(`cars/other ${way}`)]
    await uploadBytes(storage, from, bytes)
    await uploadBytes(storage, to, bytesOf(5))
    const copied = storage.copy(from, to, { sizeBytes, metadata, signal: signal() })
    await assert.rejects(copied, error => error instanceof StorageError && /has 5 bytes/.test(error.message))
    assert.equal((await storage.head(to))?.sizeBytes, 5)
  })

  test(`a copy ${way} of an object that is not there says so`, { timeout: 60_000 }, async () => {
    await using storage = connectWith()
    const copied = storage.copy(ref('staging/none'), ref(`cars/none ${way}`), {
      sizeBytes,
      metadata,
      signal: signal(),
    })
    await assert.rejects(copied, ObjectNotFoundError)
    assert.deepEqual(await openUploadsOf(storage, gateway.bucket), [])
  })

  test(`a copy ${way} of a source that was replaced is refused`, { timeout: 60_000 }, async () => {
    await using storage = connectWith()
    const [from, to] = [ref(`staging/replaced ${way}`), ref(`cars/replaced ${way}`)]
    await uploadBytes(storage, from, bytes)
    const sourceEtag = (await storage.head(from))?.etag ?? ''
    await uploadBytes(storage, from, Buffer.from(bytes).fill(0, 0, 10))
    const copied = storage.copy(from, to, { sizeBytes, metadata, sourceEtag, signal: signal() })
    await assert.rejects(copied, { name: 'StorageError', s3Code: 'PreconditionFailed' })
    assert.equal(await storage.head(to), undefined)
    assert.deepEqual(await openUploadsOf(storage, gateway.bucket), [])
  })

  test(`a copy ${way} whose answer was lost succeeds`, { timeout: 60_000 }, async () => {
    await using storage = connectWith({ retryForMs: 20_000 })
    const [from, to] = [ref(`staging/lost ${way}`), ref(`cars/lost ${way}`)]
    await uploadBytes(storage, from, bytes)
    const last = operation === 'CopyObject' ? operation : 'CompleteMultipartUpload'
    let faults = 1
    proxy.plan = call => (call.operation === last && faults-- > 0 ? { kind: 'lose-answer' } : undefined)
    await storage.copy(from, to, { sizeBytes, metadata, signal: signal() })
    assert.ok(faults <= 0)
    assert.equal(sha256(await readBytes(storage, to)), sha256(bytes))
  })

  test(`a copy ${way} works in a store without conditional writes`, { timeout: 60_000 }, async () => {
    await using storage = connectWith({ retryForMs: 20_000 })
    const [from, to] = [ref(`staging/plain ${way}`), ref(`cars/plain ${way}`)]
    await uploadBytes(storage, from, bytes)
    const conditional = operation === 'CopyObject' ? operation : 'CompleteMultipartUpload'
    const fault = { kind: 'answer', httpStatus: 501, s3Code: 'NotImplemented' } as const
    proxy.plan = call => (call.operation === conditional && call.conditional ? fault : undefined)
    await storage.copy(from, to, { sizeBytes, metadata, signal: signal() })
    assert.equal(sha256(await readBytes(storage, to)), sha256(bytes))
  })

  test(`a copy ${way} by a store that fails is a transient error and leaves no part`, {
    timeout: 60_000,
  }, async () => {
    await using storage = connectWith()
    const [from, to] = [ref(`staging/fails ${way}`), ref(`cars/fails ${way}`)]
    await uploadBytes(storage, from, bytes)
    let passed = 0
    proxy.plan = call =>
      call.operation === operation && (way === 'in one call' || ++passed > 1) ? { kind: 'cut' } : undefined
    await assert.rejects(storage.copy(from, to, { sizeBytes, metadata, signal: signal() }), StorageError)
    assert.equal(await storage.head(to), undefined)
    assert.deepEqual(await openUploadsOf(storage, gateway.bucket), [])
  })

  test(`an abort of a copy ${way} surfaces its reason`, { timeout: 60_000 }, async () => {
    await using storage = connectWith()
    const [from, to] = [ref(`staging/abort ${way}`), ref(`cars/abort ${way}`)]
    await uploadBytes(storage, from, bytes)
    const cancelled = new Error('the pin was cancelled')
    const controller = new AbortController()
    proxy.plan = call => {
      if (call.operation !== operation) return undefined
      controller.abort(cancelled)
      return { kind: 'silence' }
    }
    const copied = storage.copy(from, to, { sizeBytes, metadata, signal: controller.signal })
    await assert.rejects(copied, error => error === cancelled)
    assert.deepEqual(await openUploadsOf(storage, gateway.bucket), [])
  })
}
