import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ObjectRef } from './storage.ts'
import { ObjectNotFoundError, StorageError } from './storage-errors.ts'
import { type FaultProxy, startFaultProxy } from './testing/fault-proxy.ts'
import { type S3Gateway, startS3Gateway } from './testing/s3-gateway.ts'
import { bytesOf, connectTo, readBytes, uploadBytes } from './testing/test-objects.ts'

let gateway: S3Gateway
let proxy: FaultProxy
let ref: ObjectRef
const bytes = bytesOf(3_000_000)

before(async () => {
  gateway = await startS3Gateway()
  proxy = await startFaultProxy(gateway.endpoint)
  ref = { bucket: gateway.bucket, key: 'read/a.car' }
  await using storage = connectTo(gateway.endpoint)
  await uploadBytes(storage, ref, bytes)
})
beforeEach(() => {
  proxy.plan = () => undefined
})
after(async () => {
  await proxy[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

test('a range brings exactly its bytes', { timeout: 30_000 }, async () => {
  await using storage = connectTo(gateway.endpoint)
  for (const [offset, length] of [
    [0, 1],
    [1_000_000, 123_456],
    [2_999_999, 1],
    [17, 0],
  ] as const) {
    const read = await readBytes(storage, ref, { range: { offset, length } })
    assert.deepEqual(read, bytes.subarray(offset, offset + length))
  }
})

test('a range that reaches past the end is an error', { timeout: 30_000 }, async () => {
  await using storage = connectTo(gateway.endpoint)
  const read = readBytes(storage, ref, { range: { offset: 2_999_999, length: 2 } })
  await assert.rejects(read, /ended after 1 of 2 bytes/)
  const beyond = readBytes(storage, ref, { range: { offset: 3_000_000, length: 1 } })
  await assert.rejects(beyond, { name: 'StorageError', httpStatus: 416 })
})

test('an object that is not there is its own error', { timeout: 30_000 }, async () => {
  await using storage = connectTo(gateway.endpoint)
  const none = { bucket: gateway.bucket, key: 'read/none.car' }
  await assert.rejects(readBytes(storage, none), ObjectNotFoundError)
  assert.equal(await storage.head(none), undefined)
})

test('the version that is read is told, as the store names it', { timeout: 30_000 }, async () => {
  await using storage = connectTo(gateway.endpoint)
  const versions: string[] = []
  assert.deepEqual(await readBytes(storage, ref, { onVersion: etag => versions.push(etag) }), bytes)
  assert.deepEqual(versions, [(await storage.head(ref))?.etag])
})

for (const afterBytes of [0, 1, 1_000_000, bytes.length - 1]) {
  test(`a body cut after ${afterBytes} bytes is an error`, { timeout: 30_000 }, async () => {
    await using storage = connectTo(proxy.endpoint)
    proxy.plan = ({ operation }) => (operation === 'GetObject' ? { kind: 'cut-body', afterBytes } : undefined)
    await assert.rejects(readBytes(storage, ref), StorageError)
  })
}

test('a body that stops in silence is an error after the idle time', { timeout: 30_000 }, async () => {
  await using storage = connectTo(proxy.endpoint, { readIdleTimeoutMs: 200 })
  proxy.plan = ({ operation }) =>
    operation === 'GetObject' ? { kind: 'stall-body', afterBytes: 1_000_000 } : undefined
  await assert.rejects(readBytes(storage, ref), { name: 'StorageError', s3Code: 'NoAnswer' })
})

test('a consumer that takes longer than the idle time loses nothing', { timeout: 30_000 }, async () => {
  await using storage = connectTo(gateway.endpoint, { readIdleTimeoutMs: 200, requestTimeoutMs: 200 })
  const chunks: Uint8Array[] = []
  for await (const chunk of storage.read(ref, { signal: AbortSignal.timeout(30_000) })) {
    if (chunks.push(chunk) === 1) await delay(500)
  }
  assert.deepEqual(Buffer.concat(chunks), bytes)
})

test('an abort ends a read with its reason', { timeout: 30_000 }, async () => {
  await using storage = connectTo(proxy.endpoint)
  proxy.plan = () => ({ kind: 'stall-body', afterBytes: 1_000_000 })
  const cancelled = new Error('the pin was cancelled')
  const controller = new AbortController()
  const reading = async (): Promise<void> => {
    for await (const _ of storage.read(ref, { signal: controller.signal })) controller.abort(cancelled)
  }
  await assert.rejects(reading(), error => error === cancelled)
})

test('a read that is left early frees its connection', { timeout: 30_000 }, async () => {
  await using storage = connectTo(gateway.endpoint, { maxSockets: 1 })
  for (let round = 0; round < 3; round++) {
    for await (const chunk of storage.read(ref, { signal: AbortSignal.timeout(30_000) })) {
      assert.ok(chunk.length > 0)
      break
    }
  }
  assert.equal((await storage.head(ref))?.sizeBytes, bytes.length)
})
