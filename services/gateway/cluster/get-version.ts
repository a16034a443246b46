import { Type } from 'typebox'
import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import { clusterVersion } from './cluster-version.ts'

/** `GET /version` → version of ipfs-cluster and ours. */
export function addGetVersion(server: HttpServer): void {
  server.get(
    '/version',
    describeRoute({
      tag: 'cluster',
      summary: 'Version of the API and of Pickup',
      answers: { 200: json(Type.Object({ version: Type.String() })) },
    }),
    () => ({ version: clusterVersion }),
  )
}
