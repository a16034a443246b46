import type { ClusterPin } from '#libs/db/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import { notPinned } from './not-pinned.ts'
import { cidParameter } from './parameters.ts'
import { storedPin } from './pin-object.ts'
import { readCid } from './read-cid.ts'

type Deps = { findPin: (cid: string) => Promise<ClusterPin | undefined>; peerId: string }

/** `GET /allocations/{cid}` → the pin as it was asked for; 404 when there is none. */
export function addGetAllocation(server: HttpServer, { findPin, peerId }: Deps): void {
  server.get<{ Params: { cid: string } }>('/allocations/:cid', getAllocationRoute, async ({ params }) => {
    const { cid, sentCid } = readCid(params.cid)
    const found = await findPin(cid)
    if (!found) throw notPinned()
    return storedPin(found, peerId, sentCid)
  })
}

const getAllocationRoute = describeRoute({
  tag: 'allocations',
  summary: 'A pin as it was asked for',
  params: { cid: cidParameter },
  answers: { 200: json('Pin') },
})
