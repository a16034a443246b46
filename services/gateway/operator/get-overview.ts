import { type Static, Type } from 'typebox'
import type { LiveJob, LiveNode, Queues } from '#libs/bus/index.ts'
import type { FinishedMinute, LeasedJob } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { rememberAnswer } from '#libs/service/index.ts'
import { json } from '../describe-route.ts'
import { count, describeOperatorRoute, instant } from './describe-operator-route.ts'
import { workersOf } from './workers-of.ts'

type Deps = {
  readQueues: () => Promise<Queues>
  /** Of the last hour, by minute. */
  pace: () => Promise<FinishedMinute[]>
  leasedJobs: () => Promise<LeasedJob[]>
  liveJob: (cid: string) => LiveJob | undefined
  liveNodes: () => LiveNode[]
}

/** All who look get the same answer for so long. */
const overviewMs = 2_000

/** `GET /overview` → queues, workers, nodes and the pace of the last hour. Its cost does not grow with those who look. */
export function addGetOverview(server: HttpServer, deps: Deps): void {
  const overview = rememberAnswer(() => lookAround(deps), overviewMs)
  server.get('/overview', getOverviewRoute, overview)
}

async function lookAround({
  readQueues,
  pace,
  leasedJobs,
  liveJob,
  liveNodes,
}: Deps): Promise<Static<typeof overviewSchema>> {
  const [queues, finished, leased] = await Promise.all([readQueues(), pace(), leasedJobs()])
  return {
    at: new Date().toISOString(),
    ...queues,
    nodes: liveNodes().map(({ addresses: _addresses, announcedAt, expiresAt: _expiresAt, ...node }) => ({
      ...node,
      announcedAt: announcedAt.toISOString(),
    })),
    workers: workersOf(leased, liveJob),
    finished: finished.map(({ at, ...counts }) => ({ at: at.toISOString(), ...counts })),
  }
}

const overviewSchema = Type.Object({
  at: instant('When this was so'),
  streams: Type.Array(
    Type.Object({ stream: Type.String(), messages: count('In it'), bytes: count('Of them') }),
  ),
  consumers: Type.Array(
    Type.Object({
      consumer: Type.String({ description: 'Named like the service that reads it' }),
      stream: Type.String(),
      waiting: count('Messages that were never delivered'),
      unsettled: count('Delivered: worked on, or waiting for a retry'),
      redelivered: count('Of those, delivered more than once'),
    }),
  ),
  nodes: Type.Array(
    Type.Object({
      peerId: Type.String(),
      agentVersion: Type.String(),
      repoBytes: count('In its repository'),
      repoLimitBytes: count('That may be'),
      transfers: count('That run'),
      transferSlots: count('That may run'),
      announcedAt: instant('By its fetcher'),
    }),
  ),
  workers: Type.Array(
    Type.Object({
      worker: Type.String(),
      locating: count('Jobs that look for their root'),
      waiting: count('Jobs that wait for a transfer slot'),
      transferring: count('Jobs that transfer'),
      validating: count('Jobs that check what was stored'),
      bytesPerSecond: count('Of all of them'),
      stalled: count('Jobs that have made no progress for 10 seconds'),
    }),
  ),
  finished: Type.Array(
    Type.Object({ at: instant('The minute'), pinned: count('Contents'), failed: count('Contents') }),
    { description: 'By minute, of the last hour, the oldest first' },
  ),
})

const getOverviewRoute = describeOperatorRoute({
  summary: 'Queues, workers and the pace of the last hour',
  description: 'Two seconds old at most. 503 while NATS cannot be reached.',
  answers: { 200: json(overviewSchema) },
})
