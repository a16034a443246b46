import type { ClusterPin } from '#libs/db/index.ts'
import { type HttpServer, sendObjects } from '#libs/http/index.ts'
import { describeRoute, empty, jsonLines } from '../describe-route.ts'
import { localParameter } from './parameters.ts'
import type { Recover } from './recover-pin.ts'

type Deps = {
  failedPins: () => AsyncIterable<ClusterPin[]>
  recover: Recover
  infoOf: (pin: ClusterPin) => object
  lists: Parameters<typeof sendObjects>[2]
}

/**
 * `POST /pins/recover` → the state of every pin that started again, one a line. Each one starts as the client reads:
 * a client that goes away early leaves the others as they are.
 */
export function addRecoverAll(server: HttpServer, { failedPins, recover, infoOf, lists }: Deps): void {
  async function* recoveredInfos() {
    for await (const page of failedPins()) {
      const infos: object[] = []
      for (const { pin } of page) {
        const found = await recover(pin.cid)
        if (found?.recovered) infos.push(infoOf(found))
      }
      yield infos
    }
  }
  server.post('/pins/recover', recoverAllRoute, (_request, reply) =>
    sendObjects(reply, recoveredInfos(), lists),
  )
}

const recoverAllRoute = describeRoute({
  tag: 'pins',
  summary: 'Start all failed pins again',
  query: { local: localParameter },
  answers: {
    200: jsonLines('GlobalPinInfo', 'The pins that started again'),
    204: empty('None has failed, where so set'),
  },
})
