import { answerJobs } from '../forked-program.ts'
import { createPlainClient } from '../plain-upload.ts'
import { type OldWayJob, pinTheOldWay, type StoredCar } from './pin-the-old-way.ts'

/* The worker of the old way, with a queue in memory: nothing is received, hidden or deleted over a network. */
answerJobs(async ({ cids, atOnce, ...place }: OldWayJob): Promise<StoredCar[]> => {
  const client = createPlainClient(place.s3)
  const queue = cids.values()
  const stored: StoredCar[] = []
  const work = async () => {
    for (const cid of queue) stored.push(await pinTheOldWay(client, cid, place))
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  client.destroy()
  return stored
})
