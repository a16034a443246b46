import { addAbortSignal, type Readable } from 'node:stream'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { chunksOf } from '#libs/streams/index.ts'
import { NoAnswerError, nameOf, type S3Calls } from './s3-calls.ts'
import type { ObjectRef, Storage } from './storage.ts'
import { StorageError, storageErrorOf } from './storage-errors.ts'

type ReadOptions = Parameters<Storage['read']>[1]

/** See `Storage.read`. */
export async function* readObject(
  s3: S3Calls,
  ref: ObjectRef,
  { signal, range, onVersion }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  if (range?.length === 0) return
  const input = {
    Bucket: ref.bucket,
    Key: ref.key,
    ...(range && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
  }
  const { Body, ContentLength, ETag } = await s3.call(
    'GetObject',
    nameOf(ref),
    (client, http) => client.send(new GetObjectCommand(input), http),
    { signal },
  )
  onVersion?.(ETag ?? '')
  const body = Body as Readable | undefined
  if (body) addAbortSignal(signal, body)
  const expectedBytes = range?.length ?? ContentLength
  let receivedBytes = 0
  try {
    for await (const chunk of body ? untilIdle(body, s3.times.readIdleTimeoutMs) : []) {
      receivedBytes += chunk.length
      yield chunk
    }
  } catch (error) {
    signal.throwIfAborted()
    throw storageErrorOf('GetObject', `${nameOf(ref)} at byte ${receivedBytes}`, error)
  }
  if (receivedBytes !== expectedBytes) {
    throw new StorageError(
      `GetObject ${nameOf(ref)} ended after ${receivedBytes} of ${expectedBytes ?? 'unknown'} bytes`,
    )
  }
}

/** Counts only the time spent waiting for the body, not the time its consumer takes. Leaving early closes the connection. */
async function* untilIdle(body: Readable, idleTimeoutMs: number): AsyncGenerator<Uint8Array> {
  let waiting = true
  const timer = setTimeout(() => {
    if (waiting) body.destroy(new NoAnswerError(`no byte within ${idleTimeoutMs} ms`))
  }, idleTimeoutMs)
  try {
    for await (const chunk of chunksOf(body)) {
      waiting = false
      yield chunk
      waiting = true
      timer.refresh()
    }
  } finally {
    clearTimeout(timer)
  }
}
