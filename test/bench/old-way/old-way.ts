import assert from 'node:assert/strict'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import type { Pipeline } from '../../e2e/pipeline.ts'
import { forkProgram } from '../forked-program.ts'
import type { MadeFile } from '../made-file.ts'
import { createPlainClient } from '../plain-upload.ts'
import type { OldWayJob, StoredCar } from './pin-the-old-way.ts'

/** The old way on the servers of a pipeline, with a bucket of its own. */
export type OldWay = AsyncDisposable & {
  readonly bucket: string
  readonly pid: number | undefined
  /** Stores the CARs of files, so many at once. Throws unless all of them are stored as they were made. */
  store(files: readonly MadeFile[], atOnce: number): Promise<{ seconds: number; carBytes: number }>
}

export async function startOldWay({ servers, kubo, prefix, storage }: Pipeline): Promise<OldWay> {
  const { s3 } = servers
  const bucket = `${prefix}-old`
  const client = createPlainClient(s3)
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  const program = forkProgram<OldWayJob, StoredCar[]>(new URL('program.ts', import.meta.url))
  return {
    bucket,
    pid: program.pid,
    async store(files, atOnce) {
      const cids = files.map(({ cid }) => cid)
      const startedAt = performance.now()
      const stored = await program.run({ cids, atOnce, kuboApiUrl: kubo.apiUrl, s3, bucket })
      const seconds = (performance.now() - startedAt) / 1_000
      assert.equal(sum(stored.map(car => car.blocks)), sum(files.map(file => file.blocks)))
      for (const { key, sizeBytes } of stored)
        assert.equal((await storage.head({ bucket, key }))?.sizeBytes, sizeBytes)
      return { seconds, carBytes: sum(stored.map(car => car.sizeBytes)) }
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
