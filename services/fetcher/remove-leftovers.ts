import type { ObjectRef, Storage } from '#libs/storage/index.ts'

/** Removes what workers have left in staging under the prefix `key`: objects, and uploads that are still open. */
export async function removeLeftovers(
  storage: Pick<Storage, 'abortOpenUploads' | 'list' | 'delete'>,
  { bucket, key }: ObjectRef,
  signal: AbortSignal,
): Promise<void> {
  await storage.abortOpenUploads(bucket, key, { signal })
  for await (const left of storage.list(bucket, key, { signal }))
    await storage.delete({ bucket, key: left.key }, { signal })
}
