import { Type } from 'typebox'
import { HttpError, type HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'

/**
 * `POST /token` → a token of the user who asks, without an end: it counts until the password changes (ipfs-cluster
 * api/common/api.go, `GenerateTokenHandler`). Where the API is open there is nobody to issue one, and it is 401.
 */
export function addPostToken(server: HttpServer, { isOpen }: { isOpen: boolean }): void {
  server.post(
    '/token',
    describeRoute({
      tag: 'access',
      summary: 'A bearer token',
      description: 'Signed with the password of the user who asks, and valid until that changes.',
      answers: { 200: json(Type.Object({ token: Type.String({ description: 'JWT' }) })) },
    }),
    async (request, reply) => {
      if (isOpen) throw new HttpError(401, 'unauthorized')
      // Only with options does the plugin sign with the key of the user.
      return { token: await reply.jwtSign({ iss: request.user.iss }, {}) }
    },
  )
}
