import { pinCancelled } from '#libs/events/index.ts'
import { currentTraceId } from '#libs/telemetry/index.ts'
import { type AcceptedPin, countAccepted, type PinRequest, writePin } from './accept-pin.ts'
import type { Database, Queries } from './connect-database.ts'
import { and, eq, sql } from './drizzle.ts'
import { addToOutbox } from './outbox.ts'
import { contents, jobs } from './schema.ts'
import { sendToValidator, type UploadedCar } from './send-to-validator.ts'
import { type Content, wantContent } from './want-content.ts'

/**
 * Keeps a pin whose CAR the client brought along: the content goes to the validator without being fetched.
 * A fetch of the content that is waiting or running is overtaken: it may never find what the client has. `used` is false
 * when the content is stored or its CAR is with the validator: then the staged object is the caller's to remove.
 */
export async function acceptUploadedCar(
  db: Database,
  request: PinRequest,
  car: UploadedCar,
): Promise<{ accepted: AcceptedPin; used: boolean }> {
  const kept = await db.transaction(async tx => {
    const { cid } = request
    const wanted = await wantContent(tx, cid, 'pinning')
    const overtaken = wanted.started ? undefined : await overtakeFetch(tx, wanted.content)
    const content = overtaken ?? wanted.content
    const started = wanted.started || overtaken !== undefined
    if (started) await sendToValidator(tx, content, car)
    return { accepted: { pin: await writePin(tx, request, content), content }, used: started }
  })
  countAccepted(request)
  return kept
}

/** A new generation in the place of one whose fetch has no result yet; undefined when there is none. */
async function overtakeFetch(tx: Queries, { cid, generation, state }: Content): Promise<Content | undefined> {
  if (state !== 'queued' && state !== 'pinning') return undefined
  const [job] = await tx
    .select({ result: jobs.result })
    .from(jobs)
    .where(and(eq(jobs.cid, cid), eq(jobs.step, 'fetch'), eq(jobs.generation, generation)))
  if (job && job.result !== null) return undefined
  await addToOutbox(tx, pinCancelled, `${cid}.${generation}.cancelled`, { cid, generation })
  const [next] = await tx
    .update(contents)
    .set({
      generation: generation + 1,
      state: 'pinning',
      attempts: 0,
      traceId: currentTraceId() ?? null,
      queuedAt: sql`now()`,
      changedAt: sql`now()`,
    })
    .where(eq(contents.cid, cid))
    .returning()
  return next
}
