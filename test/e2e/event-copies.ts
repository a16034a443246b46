import type { carValid, DataOf } from '#libs/events/index.ts'
import type { Pipeline } from './pipeline.ts'

let copies = 0

/** The id of an event, with a new message id that the server lets pass. */
export const again = (id: string) => ({ id, msgId: `copy-${++copies}` })

/** A receipt that nobody has earned: there is no such CAR. */
export const madeUpReceipt = (
  { buckets }: Pipeline,
  cid: string,
  generation: number,
): DataOf<typeof carValid> => ({
  cid,
  generation,
  car: { bucket: buckets.cars, key: `made-up-${cid}` },
  region: 'us-east-1',
  carCid: 'bagmadeup',
  sizeBytes: 100,
  blocks: 1,
  dagBytes: 50,
  verifiedAt: new Date().toISOString(),
})
