import type { ListedObject } from '#libs/storage/index.ts'
import type { Pipeline } from './pipeline.ts'

/** Everything in the bucket of checked CARs. */
export const storedCars = ({ storage, buckets }: Pipeline): Promise<ListedObject[]> =>
  Array.fromAsync(storage.list(buckets.cars, ''))

/** What Postgres knows of a step; undefined when nobody has begun it. */
export async function jobOf({ database }: Pipeline, cid: string, step: 'fetch' | 'validate') {
  const { rows } = await database.query(
    'select attempts, failures, result from jobs where cid = $1 and step = $2',
    [cid, step],
  )
  return rows[0] as { attempts: number; failures: number; result: unknown } | undefined
}
