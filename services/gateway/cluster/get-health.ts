import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, empty } from '../describe-route.ts'

/**
 * `GET /health` → 204, without credentials, as long as the process answers (ipfs-cluster api/common/api.go,
 * `HealthHandler`). Whether its backends answer is at `/health/ready`.
 */
export function addGetHealth(server: HttpServer): void {
  server.get(
    '/health',
    describeRoute({
      tag: 'health',
      summary: 'Whether the gateway answers',
      answers: { 204: empty('It does') },
      public: true,
    }),
    (_request, reply) => reply.code(204).send(),
  )
}
