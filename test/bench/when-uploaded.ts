import { carUploaded } from '#libs/events/index.ts'
import type { Pipeline } from '../e2e/pipeline.ts'

/** Resolves with the time at which the fetcher told that the CAR lies in staging, as `performance.now()` has it. */
export async function whenUploaded({ admin, prefix }: Pipeline, cid: string): Promise<number> {
  const subscription = admin.subscribe(`${prefix}.${carUploaded.subject}`)
  await admin.flush()
  for await (const { data } of subscription) {
    if (carUploaded.decode(data).data.cid !== cid) continue
    const uploadedAt = performance.now()
    subscription.unsubscribe()
    return uploadedAt
  }
  throw new Error('NATS has ended the subscription')
}
