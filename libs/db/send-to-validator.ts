import { blamelessCodes } from '#libs/errors/index.ts'
import { carUploaded, type DataOf } from '#libs/events/index.ts'
import type { Queries } from './connect-database.ts'
import { sql } from './drizzle.ts'
import { addToOutbox } from './outbox.ts'
import { jobs } from './schema.ts'
import { type Content, startNotBefore } from './want-content.ts'

/** A complete CAR in staging, with what its reader found in it. */
export type UploadedCar = Omit<DataOf<typeof carUploaded>, 'cid' | 'generation'>

/** A generation that has just begun goes to the validator with a CAR that nobody has to fetch. */
export async function sendToValidator(tx: Queries, content: Content, car: UploadedCar): Promise<void> {
  const { cid, generation } = content
  await storeAsFetched(tx, content, car)
  const id = `${cid}.${generation}.uploaded`
  await addToOutbox(tx, carUploaded, id, { cid, generation, ...car }, startNotBefore(content))
}

/** The upload is the result of the fetch: from here on both ways in are one, and a message that is lost can be made again. */
async function storeAsFetched(tx: Queries, { cid, generation }: Content, car: UploadedCar): Promise<void> {
  const done = { generation, leaseOwner: 'upload', leaseUntil: sql`now()`, attempts: 0, result: car }
  await tx
    .insert(jobs)
    .values({ cid, step: 'fetch', leaseEpoch: 1, ...done })
    .onConflictDoUpdate({
      target: [jobs.cid, jobs.step],
      set: {
        ...done,
        leaseEpoch: sql`${jobs.leaseEpoch} + 1`,
        failures: 0,
        outages: 0,
        released: 0,
        lastError: null,
      },
    })
}

/**
 * Of a failed content: its CAR came with the client, and its check failed for a reason that says nothing about it. It
 * stays in staging, for perhaps nobody else has the blocks. Needs tables `content`, and `fetched` and `checked` for its jobs.
 */
export const hasKeptUpload = sql`content.state = 'failed'
  and fetched.result #>> '{staging,key}' like content.cid || '/add-%' and checked.result is null
  and (checked.last_error is null or split_part(checked.last_error, ':', 1) in ${[...blamelessCodes]})`

/** The CAR of {@link hasKeptUpload}. Locks the content until the transaction ends. */
export async function keptUpload(tx: Queries, cid: string): Promise<UploadedCar | undefined> {
  const { rows } = await tx.execute<{ car: UploadedCar }>(sql`
    select fetched.result as car
    from contents as content
    join jobs as fetched
      on fetched.cid = content.cid and fetched.generation = content.generation and fetched.step = 'fetch'
    left join jobs as checked
      on checked.cid = content.cid and checked.generation = content.generation and checked.step = 'validate'
    where content.cid = ${cid} and ${hasKeptUpload}
    for update of content`)
  return rows[0]?.car
}
