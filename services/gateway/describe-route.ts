import { type TObject, type TProperties, type TSchema, Type } from 'typebox'
import { checkedByHandler } from '#libs/http/index.ts'

/** The groups of the API's document, in its order. */
export const routeTags = {
  pins: 'Pins and their state',
  allocations: 'Pins as they were asked for',
  add: 'Content that the request itself carries',
  cluster: 'The one peer that this API shows',
  health: 'State of the gateway and what it measures',
  access: 'Tokens',
  pinning: 'The IPFS Pinning Service API',
  operator: 'For operators: what is going on, and dead letters',
} as const

/** One answer of a route, for its document. */
export type Answer = { description: string; content?: object; headers?: object; type?: 'null' }

type RouteDescription = {
  tag: keyof typeof routeTags
  /** One line without a full stop. */
  summary: string
  description?: string
  params?: TProperties
  query?: TProperties
  /** A body, by its media type. */
  body?: Record<string, TSchema>
  /** By status. Errors need no entry: the document has their shape for every other status. */
  answers: Record<number, Answer>
  /** The route answers without credentials. */
  public?: boolean
}

/**
 * Options of a route that put it into the document at `/openapi.json`. They describe, and change nothing else: the
 * handler reads and checks its request itself, and its answer is written with every field it has, in its own order.
 */
export function describeRoute({
  tag,
  summary,
  description,
  params,
  query,
  body,
  answers,
  ...more
}: RouteDescription) {
  return {
    config: { public: more.public ?? false },
    validatorCompiler: checkedByHandler,
    schema: {
      tags: [tag],
      summary,
      ...(description ? { description } : {}),
      ...(params ? { params: Type.Object(params) } : {}),
      ...(query ? { querystring: optional(query) } : {}),
      ...(body ? { body: { content: mediaOf(body) } } : {}),
      ...(more.public ? { security: [] } : {}),
      response: { ...answers, default: json('Error', 'An error; `code` repeats the status') },
    },
  }
}

const optional = (query: TProperties): TObject => Type.Partial(Type.Object(query))

const mediaOf = (schemas: Record<string, TSchema>) =>
  Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, { schema }]))

/** An answer of one JSON document: of a shape of `answer-schemas.ts` by its name, or of a schema. */
export function json(shape: string | TSchema, description = 'Done'): Answer {
  return { description, content: mediaOf({ 'application/json': schemaOf(shape) }) }
}

/** An answer of one JSON document a line, as `sendObjects` writes it. */
export function jsonLines(shape: string | TSchema, description = 'One object a line'): Answer {
  return {
    ...json(
      shape,
      `${description}. An error after the first object stands in the trailer \`X-Stream-Error\`.`,
    ),
    headers: { Trailer: { type: 'string', enum: ['X-Stream-Error'] } },
  }
}

/** An answer without a body. */
export const empty = (description: string): Answer => ({ description, type: 'null' })

const schemaOf = (shape: string | TSchema): TSchema =>
  typeof shape === 'string' ? Type.Ref(`${shape}#`) : shape
