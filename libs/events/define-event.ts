import { type Static, type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { PermanentError } from '#libs/errors/index.ts'

/** What every event body holds: version of the schema, id of the work (not of the attempt), time, payload. */
export type Envelope<Data> = { v: number; id: string; at: string; data: Data }

/** One version of one event: its subject and how its body is written and read. */
export type EventDefinition<Data> = {
  /** Without the installation's subject prefix. */
  subject: string
  v: number
  /** Throws {@link PermanentError} `invalid-message` when `data` breaks the schema: a bug of the sender. */
  encode: (id: string, data: Data, at?: Date) => Uint8Array
  /** Throws {@link PermanentError} `invalid-message` that names the field and the rule. */
  decode: (body: Uint8Array) => Envelope<Data>
}

/** The payload type of an event definition. */
export type DataOf<E> = E extends EventDefinition<infer Data> ? Data : never

const idSchema = Type.String({ minLength: 1, maxLength: 255 })

/**
 * Defines one version of an event. Unknown fields are accepted and kept out of nobody's way: within a version,
 * only optional fields may be added, so an old reader meets fields that it does not know.
 */
export function defineEvent<S extends TSchema>(
  subject: string,
  v: number,
  data: S,
): EventDefinition<Static<S>> {
  const schema = Compile(
    Type.Object({ v: Type.Literal(v), id: idSchema, at: Type.String({ format: 'date-time' }), data }),
  )

  const check = (body: unknown): Envelope<Static<S>> => {
    if (schema.Check(body)) return body as unknown as Envelope<Static<S>>
    const [first] = schema.Errors(body)
    const field = first?.instancePath.replaceAll('/', '.').replace(/^\./, '') || 'body'
    throw new PermanentError(
      'invalid-message',
      `${subject} v${v}: ${field} ${first?.message ?? 'is invalid'}`,
    )
  }

  return {
    subject,
    v,
    encode: (id, data, at = new Date()) => {
      const body = check({ v, id, at: at.toISOString(), data })
      return new TextEncoder().encode(JSON.stringify(body))
    },
    decode: body => check(parseJson(subject, body)),
  }
}

function parseJson(subject: string, body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    throw new PermanentError('invalid-message', `${subject}: the body is not JSON in UTF-8`, { cause })
  }
}
