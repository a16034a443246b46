import { fastifySwagger } from '@fastify/swagger'
import { fastifySwaggerUi } from '@fastify/swagger-ui'
import { type TObject, Type } from 'typebox'
import type { HttpServer } from '#libs/http/index.ts'
import { answerSchemas } from './cluster/answer-schemas.ts'
import { routeTags } from './describe-route.ts'

/** What a browser may load for the page: only what this server gives it. */
const contentSecurityPolicy = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
}

/**
 * Adds `GET /openapi.json`, which has every route that is added afterwards and not hidden, and a page to read it at
 * `GET /docs`. Both are public: they say what the source says, and nothing about this installation.
 */
export async function addOpenApi(server: HttpServer, { version }: { version: string }): Promise<void> {
  server.addHook('onRoute', route => {
    if (route.url.split('/')[1] === 'docs') route.config = { ...route.config, public: true }
  })
  await server.register(fastifySwagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'Pickup',
        version,
        description:
          'The APIs of ipfs-cluster, and under `/psa` of the IPFS Pinning Service. Everything in them means what it means there; fields and settings of our own come on top.',
        license: { name: 'Apache-2.0 OR MIT' },
      },
      tags: Object.entries(routeTags).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          basic: { type: 'http', scheme: 'basic' },
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          pinning: { type: 'http', scheme: 'bearer', description: 'A token of `npm run token`' },
        },
      },
      security: [{ basic: [] }, { bearer: [] }],
    },
    transform: ({ schema, url }) => ({ schema: nameWildcard(schema), url: url.replace(/\*$/, ':path') }),
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, i) => (typeof $id === 'string' ? $id : `def-${i}`),
    },
  })
  for (const [$id, schema] of Object.entries(answerSchemas)) server.addSchema({ ...schema, $id })
  await server.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    uiConfig: { validatorUrl: null, docExpansion: 'list' },
  })
  server.get('/openapi.json', { config: { public: true }, schema: { hide: true } }, () => server.swagger())
}

/** The router calls the rest of a path `*`, for which the document has no name. */
function nameWildcard<S extends { params?: unknown }>(schema: S): S {
  const params = schema?.params as TObject | undefined
  const rest = params?.properties['*']
  return rest ? { ...schema, params: Type.Object({ path: rest }) } : schema
}
