import { HttpError, type HttpServer } from '#libs/http/index.ts'
import { describeRoute } from '../describe-route.ts'

/**
 * `POST /ipfs/gc` → 501. A collection takes the lock that every pin needs, so the fetchers run it when their node is
 * idle, and whoever could ask for it here would stop the transfers of everybody else. Not 403: it is not a matter of
 * rights, and no credentials would open it.
 */
export function addCollectGarbage(server: HttpServer): void {
  server.post(
    '/ipfs/gc',
    describeRoute({
      tag: 'cluster',
      summary: 'Refused: garbage is collected without being asked',
      answers: {},
    }),
    () => {
      throw new HttpError(501, 'Pickup collects garbage by itself when its IPFS nodes are idle')
    },
  )
}
