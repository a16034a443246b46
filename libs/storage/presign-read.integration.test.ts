import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { StorageError } from './storage-errors.ts'
import { type S3Gateway, startS3Gateway } from './testing/s3-gateway.ts'
import { bytesOf, connectTo, uploadBytes } from './testing/test-objects.ts'

const timeout = 30_000
const link = { validForMs: 60_000, contentType: 'application/vnd.ipld.car', fileName: 'a b.car' }
const bytes = bytesOf(100_000)
let gateway: S3Gateway
before(async () => {
  gateway = await startS3Gateway()
})
after(() => gateway[Symbol.asyncDispose]())

test('a link gives the object, or a range of it, to whoever has it', { timeout }, async () => {
  await using storage = connectTo(gateway.endpoint)
  for (const key of ['read/a.car', "read/é (1)!*'.car"]) {
    const ref = { bucket: gateway.bucket, key }
    await uploadBytes(storage, ref, bytes)
    const url = await storage.presignRead(ref, link)
    const whole = await fetch(url)
    assert.equal(whole.status, 200, url)
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), Buffer.from(bytes))
    assert.equal(whole.headers.get('content-type'), link.contentType)
    assert.match(whole.headers.get('content-disposition') ?? '', /attachment; filename="a b\.car"/)
    const part = await fetch(url, { headers: { range: 'bytes=10-19' } })
    assert.equal(part.status, 206)
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), Buffer.from(bytes.subarray(10, 20)))
  }
})

test('a link that was changed, or whose time is over, gives nothing', { timeout }, async () => {
  await using storage = connectTo(gateway.endpoint)
  const ref = { bucket: gateway.bucket, key: 'read/b.car' }
  await uploadBytes(storage, ref, bytes)
  const url = await storage.presignRead(ref, link)
  assert.equal((await fetch(url.replace('b.car', 'a.car'))).status, 403)
  const expired = new URL(url)
  expired.searchParams.set('X-Amz-Date', '20200101T000000Z')
  assert.ok((await fetch(expired)).status >= 400)
})

test('without credentials there is no link', { timeout }, async () => {
  const credentials = () => Promise.reject(new Error('none'))
  await using storage = connectTo(gateway.endpoint, { credentials: credentials as never })
  const presigning = storage.presignRead({ bucket: gateway.bucket, key: 'read/b.car' }, link)
  await assert.rejects(presigning, StorageError)
})
