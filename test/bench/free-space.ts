import { rpc } from '../e2e/content.ts'
import type { Pipeline } from '../e2e/pipeline.ts'

/** Deletes what runs have left in buckets and in the fetcher's Kubo. Pins stay `pinned`, of CARs that are gone. */
export async function freeSpace(pipeline: Pipeline, more: readonly string[] = []): Promise<void> {
  await emptyBuckets(pipeline, more)
  await rpc(pipeline.kubo, 'repo/gc?quiet=true')
}

/** The same without Kubo, which needs minutes to remove some hundred thousand blocks. */
export async function emptyBuckets(
  { storage, buckets }: Pipeline,
  more: readonly string[] = [],
): Promise<void> {
  for (const bucket of [buckets.staging, buckets.cars, ...more])
    for await (const { key } of storage.list(bucket, '')) await storage.delete({ bucket, key })
}
