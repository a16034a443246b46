import assert from 'node:assert/strict'
import { nothingIsLeft } from './leftovers.ts'
import { type AddAnswer, postAdd } from './multipart.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

/** Limits of {@link startAddPipeline}, small enough to be reached. */
export const addLimits = { maxBodyBytes: 20_000_000, maxCarBytes: 15_000_000, stallTimeoutMs: 1_500 }

/** A gateway alone: nobody works on what is accepted, so whatever is left stays where it is. */
export const startAddPipeline = (): Promise<Pipeline> =>
  startPipeline({
    services: ['gateway'],
    settings: {
      ADD_MAX_BYTES: String(addLimits.maxBodyBytes),
      ADD_STALL_TIMEOUT_MS: String(addLimits.stallTimeoutMs),
      MAX_CAR_BYTES: String(addLimits.maxCarBytes),
      S3_PART_BYTES: String(5 * 1024 ** 2),
      // Shorter than the uploads take, which must not depend on it.
      REQUEST_TIMEOUT_MS: '1000',
    },
  })

/** Fails unless all that was refused has left nothing in the store, in the IPFS node and in the database. */
export async function nothingIsKept(pipeline: Pipeline): Promise<void> {
  await nothingIsLeft(pipeline)
  const { rows } = await pipeline.database.query(
    'select (select count(*) from pins) + (select count(*) from contents) + (select count(*) from outbox) as count',
  )
  assert.equal(Number(rows[0].count), 0)
}

/** The text of an error answer with this status, in the shape of all errors. */
export function refusalOf({ status, text, headers }: AddAnswer, expected = 400): string {
  const { code, message, ...more } = JSON.parse(text)
  assert.deepEqual([status, code, more], [expected, expected, {}], text)
  assert.equal(headers['content-type'], 'application/json')
  return message
}

/** The text of the error that ends the stream of an answer. */
export function streamErrorOf({ status, streamError, text }: AddAnswer): string {
  assert.equal(status, 200, text)
  return streamError ?? assert.fail(`no error: ${text}`)
}

type Body = Parameters<typeof postAdd>[2]

/** Checks that a body is refused with the same text as an answer with a status and as a stream. */
export async function refusedBothWays(
  { gatewayUrl }: Pipeline,
  query: Record<string, string>,
  body: () => Body,
  { message, status = 400 }: { message: RegExp; status?: number },
): Promise<void> {
  const array = await postAdd(gatewayUrl, { ...query, 'stream-channels': 'false' }, body())
  assert.match(refusalOf(array, status), message)
  assert.match(streamErrorOf(await postAdd(gatewayUrl, query, body())), message)
}
