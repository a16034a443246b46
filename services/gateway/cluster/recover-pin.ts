import type { AcceptedPin } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import { cidParameter, localParameter } from './parameters.ts'
import { readCid } from './read-cid.ts'
import type { StatusOf } from './status-of.ts'

type Deps = { recover: Recover; statusOf: StatusOf }

/** Starts the pin of a canonical CID again if it failed. Undefined when there is no such pin. */
export type Recover = (cid: string) => Promise<(AcceptedPin & { recovered: boolean }) | undefined>

/** `POST /pins/{cid}/recover` → state. Only a failed pin starts again; for any other this is a look at its state. */
export function addRecoverPin(server: HttpServer, { recover, statusOf }: Deps): void {
  server.post<{ Params: { cid: string } }>('/pins/:cid/recover', recoverRoute, async ({ params }) => {
    const requested = readCid(params.cid)
    await recover(requested.cid)
    return statusOf(requested)
  })
}

const recoverRoute = describeRoute({
  tag: 'pins',
  summary: 'Start a failed pin again',
  description: 'Changes nothing for a pin that has not failed, nor for a CID that is not pinned.',
  params: { cid: cidParameter },
  query: { local: localParameter },
  answers: { 200: json('GlobalPinInfo') },
})
