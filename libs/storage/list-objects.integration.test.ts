import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import type { Storage } from './storage.ts'
import { type S3Gateway, startS3Gateway } from './testing/s3-gateway.ts'
import { bytesOf, connectTo, openUploadsOf, uploadBytes } from './testing/test-objects.ts'

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

/** One more than a page of S3 holds. */
const names = Array.from({ length: 1_001 }, (_, index) => `${index}`.padStart(4, '0'))

async function inTurn<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = items.values()
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

test('a listing goes on past the first page and stays under its prefix', { timeout: 120_000 }, async () => {
  const { bucket } = gateway
  await uploadBytes(storage, { bucket, key: 'other/a.car' }, bytesOf(3))
  await inTurn(names, 16, name => uploadBytes(storage, { bucket, key: `many/${name}` }, bytesOf(2)))
  const listed = await Array.fromAsync(storage.list(bucket, 'many/'))
  assert.deepEqual(
    listed.map(({ key }) => key),
    names.map(name => `many/${name}`),
  )
  assert.ok(listed.every(({ sizeBytes, lastModified }) => sizeBytes === 2 && lastModified.getTime() > 0))
  assert.deepEqual(await Array.fromAsync(storage.list(bucket, 'none/')), [])
})

test('every open upload under a prefix is aborted, and none beside it', { timeout: 120_000 }, async () => {
  const { bucket, client } = gateway
  const open = (key: string): Promise<unknown> =>
    client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }))
  await open('job-20/a.car')
  await inTurn(names, 16, name => open(`job-2/${name}`))
  await inTurn(names.slice(0, 3), 3, () => open('job-2/0999'))
  assert.equal(await storage.abortOpenUploads(bucket, 'job-2/', { initiatedBefore: new Date(0) }), 0)
  assert.equal(await storage.abortOpenUploads(bucket, 'job-2/'), names.length + 3)
  assert.deepEqual(await openUploadsOf(storage, bucket, 'job-2/'), [])
  assert.equal((await openUploadsOf(storage, bucket)).length, 1)
})

test('an object can be deleted twice', { timeout: 30_000 }, async () => {
  const ref = { bucket: gateway.bucket, key: 'deleted.car' }
  await uploadBytes(storage, ref, bytesOf(3))
  await storage.delete(ref)
  assert.equal(await storage.head(ref), undefined)
  await storage.delete(ref)
})

test('the store is ready when all buckets are there', { timeout: 30_000 }, async () => {
  await storage.isReady([gateway.bucket])
  await assert.rejects(storage.isReady([gateway.bucket, 'no-such-bucket']), {
    name: 'StorageError',
    httpStatus: 404,
  })
})

test('a store that cannot be reached is not ready, and says so at once', { timeout: 30_000 }, async () => {
  await using nobody = connectTo('http://127.0.0.1:1', { retryForMs: 60_000 })
  await assert.rejects(nobody.isReady(['cars']), { name: 'StorageError', s3Code: 'ECONNREFUSED' })
})
