import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openDeadLetters, publishBody } from '#libs/bus/index.ts'
import { storeLetter } from '#libs/bus/testing/store-letter.ts'
import { setUpJobs } from '#libs/bus/testing/test-worker.ts'
import { acceptPin, endOfLetter } from '#libs/db/index.ts'
import { storedPins } from '#libs/db/testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from '#libs/db/testing/test-database.ts'
import { carIndexed, pinRequested } from '#libs/events/index.ts'
import { discardDeadLetter } from './discard.ts'
import { type ReplayDeps, replayDeadLetter } from './replay.ts'

const timeout = 60_000
const actor = 'cli:tester'
let database: TestDatabase
let s: Awaited<ReturnType<typeof setUpJobs>>
let deps: ReplayDeps
before(async () => {
  database = await createTestDatabase()
  s = await setUpJobs()
  deps = {
    db: database.db,
    letters: await openDeadLetters(s.bus.admin),
    publish: message => publishBody(s.bus.admin, message),
  }
})
after(async () => {
  await s[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const replay = (id: number) => replayDeadLetter(deps, id, actor)
const failing = (change: Partial<ReplayDeps['letters']>): ReplayDeps => ({
  ...deps,
  letters: { ...deps.letters, ...change },
})

/** A pin whose job was given up. Resolves with the id of the letter. */
async function failedPin(cid: string): Promise<number> {
  const pins = storedPins(database.db)
  await pins.accept(cid)
  await pins.setState(cid, 'failed', { failureCode: 'worker-lost', failureMessage: 'x' })
  return jobLetter(cid)
}
const jobLetter = (cid: string, generation = 1) =>
  storeLetter(s.bus, {
    subject: 'pin.requested',
    body: pinRequested.encode(`${cid}.${generation}.requested`, { cid, generation }),
  })
const contentOf = async (cid: string) => {
  const content = await storedPins(database.db).content(cid)
  return [content?.state, content?.generation]
}

describe('a letter of a job', () => {
  test('starts its failed content anew, and is gone', { timeout }, async () => {
    const id = await failedPin('failed')
    const letter = (await deps.letters.get(id)) ?? assert.fail()
    assert.deepEqual(await replay(id), { id, outcome: 'restarted' })
    assert.deepEqual(await contentOf('failed'), ['queued', 2])
    assert.equal(await deps.letters.get(id), undefined)
    const end = await endOfLetter(database.db, letter.key)
    assert.deepEqual([end?.action, end?.actor, end?.outcome], ['dead-letter.replay', actor, 'restarted'])
    assert.deepEqual(await replay(id), { id, outcome: 'gone' })
    assert.deepEqual(await contentOf('failed'), ['queued', 2])
  })

  test('that is replayed by two at once starts one generation', { timeout }, async () => {
    const id = await failedPin('at-once')
    await Promise.all([replay(id), replay(id), replay(id)])
    assert.deepEqual(await contentOf('at-once'), ['queued', 2])
  })

  test('starts nothing again after a crash before its removal, even when the pin has failed again', {
    timeout,
  }, async () => {
    const id = await failedPin('crash')
    const crashing = failing({ remove: () => Promise.reject(new Error('killed')) })
    await assert.rejects(replayDeadLetter(crashing, id, actor), /killed/)
    await storedPins(database.db).setState('crash', 'failed')
    assert.deepEqual(await replay(id), { id, outcome: 'repeated' })
    assert.deepEqual(await contentOf('crash'), ['failed', 2])
    assert.equal(await deps.letters.get(id), undefined)
  })

  test('of a content that is pinned by now does no harm', { timeout }, async () => {
    const id = await failedPin('pinned')
    await storedPins(database.db).setState('pinned', 'pinned')
    assert.deepEqual(await replay(id), { id, outcome: 'pinned' })
    assert.deepEqual(await contentOf('pinned'), ['pinned', 1])
  })

  test('of a content that is being worked on is left', { timeout }, async () => {
    const id = await failedPin('running')
    await storedPins(database.db).setState('running', 'pinning')
    const replayed = await replay(id)
    assert.deepEqual(replayed.outcome, 'refused')
    assert.ok(await deps.letters.get(id))
  })

  test('that no pin has asked for would come back, and is left', { timeout }, async () => {
    const id = await jobLetter('made-up')
    assert.deepEqual(await replay(id), {
      id,
      outcome: 'refused',
      why: 'it would end here again: no pin has asked for this generation',
    })
    assert.ok(await deps.letters.get(id))
  })

  test('is kept while Postgres is away', { timeout }, async () => {
    const id = await failedPin('away')
    const away = new Error('Postgres is away')
    const db = new Proxy(database.db, {
      get: () => () => {
        throw away
      },
    })
    await assert.rejects(replayDeadLetter({ ...deps, db }, id, actor), away)
    assert.ok(await deps.letters.get(id))
    assert.equal((await replay(id)).outcome, 'restarted')
  })
})

describe('a letter of an event, or of a producer', () => {
  const body = carIndexed.encode('x.indexed', { cid: 'x', generation: 1, carCid: 'bag', announced: true })
  const eventLetter = () => storeLetter(s.bus, { subject: 'car.indexed', body })

  test('is sent again byte for byte, once, though its first id is known to the server', {
    timeout,
  }, async () => {
    await publishBody(s.bus.admin, { id: 'x.indexed', subject: 'car.indexed', body })
    const before = await s.streams.messagesOf('PIN_EVENTS')
    const id = await eventLetter()
    const crashing = failing({ remove: () => Promise.reject(new Error('killed')) })
    await assert.rejects(replayDeadLetter(crashing, id, actor), /killed/)
    assert.deepEqual(await replay(id), { id, outcome: 'repeated' })
    assert.equal(await s.streams.messagesOf('PIN_EVENTS'), before + 1)
    const last = await s.streams.manager.streams.getMessage(s.streams.stream('PIN_EVENTS'), {
      last_by_subj: s.bus.admin.names.subject('car.indexed'),
    })
    assert.deepEqual(Buffer.from(last?.data ?? []), Buffer.from(body))
  })

  test('is sent once by a process that died before it could say so, and one that came after', {
    timeout,
  }, async () => {
    const before = await s.streams.messagesOf('PIN_EVENTS')
    const id = await eventLetter()
    const dying: ReplayDeps = {
      ...deps,
      publish: async message => {
        await deps.publish(message)
        throw new Error('killed')
      },
    }
    await assert.rejects(replayDeadLetter(dying, id, actor), /killed/)
    assert.deepEqual(await replay(id), { id, outcome: 'republished' })
    assert.equal(await s.streams.messagesOf('PIN_EVENTS'), before + 1)
  })

  test('is kept when NATS does not take it', { timeout }, async () => {
    const id = await eventLetter()
    const full = () => Promise.reject(new Error('the stream is full'))
    await assert.rejects(replayDeadLetter({ ...deps, publish: full }, id, actor), /full/)
    assert.equal((await replay(id)).outcome, 'republished')
  })

  test('asks for the pin of a producer again', { timeout }, async () => {
    const before = await s.streams.messagesOf('PIN_JOBS')
    const request = pinRequested.encode('producer-1', { cid: 'of-a-producer' })
    const id = await storeLetter(s.bus, { subject: 'pin.requested', body: request })
    assert.deepEqual(await replay(id), { id, outcome: 'republished' })
    assert.equal(await s.streams.messagesOf('PIN_JOBS'), before + 1)
  })
})

test('a letter that breaks a rule is said to break it again, and is left', { timeout }, async () => {
  const id = await storeLetter(s.bus, { subject: 'pin.requested', body: Buffer.from('{') })
  assert.deepEqual(await replay(id), {
    id,
    outcome: 'refused',
    why: 'it would end here again: pin.requested: the body is not JSON in UTF-8',
  })
  assert.ok(await deps.letters.get(id))
})

describe('a letter that is discarded', () => {
  test('is gone, with a row in the audit, and its pin stays as it is', { timeout }, async () => {
    const id = await failedPin('discarded')
    const { key } = (await deps.letters.get(id)) ?? assert.fail()
    assert.deepEqual(await discardDeadLetter(deps, id, actor), { id, outcome: 'discarded' })
    assert.deepEqual(await discardDeadLetter(deps, id, actor), { id, outcome: 'gone' })
    assert.equal((await endOfLetter(database.db, key))?.action, 'dead-letter.discard')
    assert.deepEqual(await contentOf('discarded'), ['failed', 1])
  })

  test('after a crash before its removal is removed, and not replayed', { timeout }, async () => {
    const id = await failedPin('half-discarded')
    const crashing = failing({ remove: () => Promise.reject(new Error('killed')) })
    await assert.rejects(discardDeadLetter(crashing, id, actor), /killed/)
    assert.deepEqual(await replay(id), { id, outcome: 'repeated' })
    assert.deepEqual(await contentOf('half-discarded'), ['failed', 1])
  })
})

test('while pins come in and letters are written, every letter is replayed once', { timeout }, async () => {
  const cids = Array.from({ length: 8 }, (_, i) => `load-${i}`)
  const ids: number[] = []
  for (const cid of cids) ids.push(await failedPin(cid))
  const pins = storedPins(database.db)
  const load = async () => {
    for (const cid of cids) {
      await acceptPin(database.db, pins.request(`new-${cid}`))
      await jobLetter(`new-${cid}`)
    }
  }
  const replays = async () => {
    const found: string[] = []
    for (const id of ids) found.push((await replay(id)).outcome)
    return found
  }
  const [, ...outcomes] = await Promise.all([load(), replays(), replays(), replays()])
  assert.equal(outcomes.flat().filter(outcome => outcome === 'restarted').length, cids.length)
  for (const cid of cids) assert.deepEqual(await contentOf(cid), ['queued', 2])
  for (const id of ids) assert.equal(await deps.letters.get(id), undefined)
})
