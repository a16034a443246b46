import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openExhaustedMessages } from '#libs/bus/index.ts'
import { exhaust } from '#libs/bus/testing/exhaust.ts'
import { setUpJobs } from '#libs/bus/testing/test-worker.ts'
import { createContentChanges, leasesOf, standingOf } from '#libs/db/index.ts'
import { storedPins } from '#libs/db/testing/stored-pins.ts'
import { createTestDatabase } from '#libs/db/testing/test-database.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { onJobExhausted } from './on-job-exhausted.ts'
import { createSweepExhausted } from './sweep-exhausted.ts'

const timeout = 60_000
const log = createLogger('test', 'silent')

test('an exhausted job whose advisory was lost fails with a code, and leaves one letter however often it is swept', {
  timeout,
}, async () => {
  await using s = await setUpJobs({ maxDeliver: 4 })
  await using database = await createTestDatabase()
  await using bus = await s.bus.connect('status')
  await using other = await s.bus.connect('status')
  const { db } = database
  const pins = storedPins(db)
  for (const cid of ['dead', 'alive']) {
    await pins.accept(cid)
    await s.send(cid)
  }
  const leases = leasesOf(db, { owner: 'test', leaseMs: 60_000 })
  await leases.claim({ cid: 'alive', generation: 1, step: 'fetch' })
  const consumer = await s.bus.admin.stream.consumers.get(s.streams.stream('PIN_JOBS'), 'fetcher')
  const messages = await consumer.fetch({ max_messages: 2, expires: 1_000 })
  for await (const message of messages)
    if (message.json<{ data: { cid: string } }>().data.cid === 'dead') message.nak()
    else message.nak(60_000)
  await exhaust(s.bus, 'fetcher')
  await s.streams.manager.streams.purge(s.streams.stream('ADVISORIES'))

  const createSweep = async (connection: typeof bus) =>
    createSweepExhausted({
      exhausted: await openExhaustedMessages(connection),
      giveUp: onJobExhausted({
        failed: createContentChanges(db).failed,
        standingOf: job => standingOf(db, job),
      }),
      standingOf: (job, withinMs) => standingOf(db, job, withinMs),
      quietMs: 1,
      log,
    })
  const sweeps = await Promise.all([bus, other].map(createSweep))
  for (let pass = 0; pass < 3; pass++) await Promise.all(sweeps.map(sweep => sweep()))

  const { state, failureCode } = (await pins.content('dead')) ?? assert.fail()
  assert.deepEqual([state, failureCode], ['failed', 'worker-lost'])
  assert.equal((await pins.content('alive'))?.state, 'queued')
  const letters = await s.streams.deadLetters()
  assert.deepEqual(
    letters.map(({ header }) => [header.get('Dlq-Source'), header.get('Dlq-Seq')]),
    [['sweeper', '1']],
  )
  assert.equal(await s.streams.messagesOf('PIN_JOBS'), 1)
})
