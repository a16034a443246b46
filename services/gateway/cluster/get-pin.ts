import type { HttpServer } from '#libs/http/index.ts'
import { readCid } from './read-cid.ts'
import type { StatusOf } from './status-of.ts'

/** `GET /pins/{cid}` → state. A CID that is not pinned is 200 with `unpinned`, as in ipfs-cluster, never 404. */
export function addGetPin(server: HttpServer, { statusOf }: { statusOf: StatusOf }): void {
  server.get<{ Params: { cid: string } }>('/pins/:cid', async ({ params }) => {
    const [status] = await statusOf([readCid(params.cid)])
    return status
  })
}
