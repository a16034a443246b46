import { fastifyCors } from '@fastify/cors'
import type { HttpServer } from '#libs/http/index.ts'
import { isOfTokenApi } from '../token-paths.ts'
import { parseGoDuration } from './go-duration.ts'

type CorsSettings = {
  CLUSTER_RESTAPI_CORSALLOWEDORIGINS: string
  CLUSTER_RESTAPI_CORSALLOWEDMETHODS: string
  CLUSTER_RESTAPI_CORSALLOWEDHEADERS: string
  CLUSTER_RESTAPI_CORSEXPOSEDHEADERS: string
  CLUSTER_RESTAPI_CORSALLOWCREDENTIALS: boolean
  CLUSTER_RESTAPI_CORSMAXAGE: string
}

/**
 * CORS by the rules of ipfs-cluster (api/common/config.go, `CorsOptions`; package rs/cors): the methods hold for the
 * request itself too, not only for its preflight, and an OPTIONS that is no preflight is a request like any other.
 */
export async function shareWithOrigins(server: HttpServer, settings: CorsSettings): Promise<void> {
  const origins = listOf(settings.CLUSTER_RESTAPI_CORSALLOWEDORIGINS)
  const methods = listOf(settings.CLUSTER_RESTAPI_CORSALLOWEDMETHODS)
  const allowedHeaders = listOf(settings.CLUSTER_RESTAPI_CORSALLOWEDHEADERS)
  const exposedHeaders = listOf(settings.CLUSTER_RESTAPI_CORSEXPOSEDHEADERS)
  const maxAge = Math.floor(parseGoDuration(settings.CLUSTER_RESTAPI_CORSMAXAGE) / 1_000)
  const origin = origins.includes('*') ? '*' : origins

  await server.register(fastifyCors, {
    delegator: ({ method, headers, url }, done) => {
      // It has rules of its own.
      if (isOfTokenApi(url)) return done(null, { origin: false })
      const preflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
      const shared = headers.origin !== undefined && (preflight || methods.includes(method))
      done(null, {
        origin: shared && origins.length > 0 ? origin : false,
        methods,
        credentials: settings.CLUSTER_RESTAPI_CORSALLOWCREDENTIALS,
        ...(preflight ? {} : { exposedHeaders }),
        ...(headers['access-control-request-headers'] === undefined ? {} : { allowedHeaders }),
        ...(maxAge > 0 ? { maxAge } : {}),
      })
    },
  })
}

const listOf = (text: string) =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
