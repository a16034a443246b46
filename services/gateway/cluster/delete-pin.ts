import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import { cidParameter } from './parameters.ts'
import { readCid } from './read-cid.ts'
import type { UnpinCid } from './unpin-cid.ts'

/** `DELETE /pins/{cid}` → the pin as it was. From then on its state is `unpinned`. */
export function addDeletePin(server: HttpServer, { unpin }: { unpin: UnpinCid }): void {
  server.delete<{ Params: { cid: string } }>('/pins/:cid', deletePinRoute, ({ params }) =>
    unpin(readCid(params.cid)),
  )
}

const deletePinRoute = describeRoute({
  tag: 'pins',
  summary: 'Unpin a CID',
  description: 'Answers with the pin as it was; 404 when there is none.',
  params: { cid: cidParameter },
  answers: { 200: json('Pin') },
})
