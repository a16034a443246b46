import { rpc } from '../e2e/content.ts'
import type { Pipeline } from '../e2e/pipeline.ts'

/** Deletes what runs have left in buckets and in the fetcher's Kubo. Pins stay `pinned`, of CARs that are gone. */
export async function freeSpace(
  { storage, buckets, kubo }: Pipeline,
  more: readonly string[] = [],
): Promise<void> {
  for (const bucket of [buckets.staging, buckets.cars, ...more])
    for await (const { key } of storage.list(bucket, '')) await storage.delete({ bucket, key })
  await rpc(kubo, 'repo/gc?quiet=true')
}
