import { Type } from 'typebox'
import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'

const bandwidth = Type.Object({
  total_in: Type.Integer(),
  total_out: Type.Integer(),
  rate_in: Type.Number(),
  rate_out: Type.Number(),
})

/**
 * `GET /health/bandwidth` → traffic of the cluster peer by libp2p protocol, which is always none: our services talk
 * over NATS, Postgres and S3, and no cluster peer speaks libp2p. ipfs-cluster answers `{}` as well while it has no
 * traffic. What the IPFS nodes send and receive was never part of it; Kubo has it (`ipfs stats bw`).
 */
export function addGetBandwidth(server: HttpServer): void {
  server.get(
    '/health/bandwidth',
    describeRoute({
      tag: 'health',
      summary: 'Traffic between cluster peers by protocol: none',
      answers: { 200: json(Type.Record(Type.String(), bandwidth)) },
    }),
    () => ({}),
  )
}
