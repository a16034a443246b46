import type { DeadLetters, LiveJob, LiveNode, Queues } from '#libs/bus/index.ts'
import { type Database, finishedByMinute, leasedJobs } from '#libs/db/index.ts'
import { discardDeadLetter, replayDeadLetter } from '#libs/dead-letters/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import type { Guard } from '../psa/guard.ts'
import { operatorPath } from '../token-paths.ts'
import { addDeadLetterRoutes } from './dead-letter-routes.ts'
import { addGetOverview } from './get-overview.ts'
import { createPace } from './pace.ts'
import { type PublishMessage, publishAllowed } from './publish-allowed.ts'

/** What operators see of NATS, and do there. */
export type NatsView = {
  readQueues: () => Promise<Queues>
  letters: DeadLetters
  publish: PublishMessage
}

type Deps = {
  db: Database
  guard: Guard
  liveJob: (cid: string) => LiveJob | undefined
  liveNodes: () => LiveNode[]
  /** Throws `HttpError` 503 while NATS is away. */
  natsView: () => NatsView
  wakeOutbox: () => void
}

const paceMinutes = 60
/** More running jobs than that are not counted. */
const maxJobs = 20_000

/** The routes of operators, for tokens with the scope `admin`: what is going on, and dead letters. */
export async function addOperatorApi(server: HttpServer, deps: Deps): Promise<void> {
  const { db, guard, liveJob, liveNodes, natsView, wakeOutbox } = deps
  await server.register(
    async scope => {
      await guard(scope, 'admin')
      addGetOverview(scope, {
        readQueues: () => natsView().readQueues(),
        pace: createPace(minutes => finishedByMinute(db, minutes), paceMinutes),
        leasedJobs: () => leasedJobs(db, maxJobs),
        liveJob,
        liveNodes,
      })
      addDeadLetterRoutes(scope, {
        letters: () => natsView().letters,
        async replay(id, actor) {
          const { letters, publish } = natsView()
          const replayed = await replayDeadLetter(
            { db, letters, publish: publishAllowed(publish) },
            id,
            actor,
          )
          wakeOutbox()
          return replayed
        },
        discard: (id, actor) => discardDeadLetter({ db, letters: natsView().letters }, id, actor),
      })
    },
    { prefix: operatorPath },
  )
}
