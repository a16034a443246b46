import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createLogger } from '#libs/telemetry/index.ts'
import { acceptPin } from './accept-pin.ts'
import { connectDatabase } from './connect-database.ts'
import { isDatabaseAway } from './database-away.ts'
import { eq } from './drizzle.ts'
import { contents } from './schema.ts'
import { createTestDatabase, silent, type TestDatabase } from './testing/test-database.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database[Symbol.asyncDispose]())

const timeout = 20_000
const settings = { DATABASE_MAX_CONNECTIONS: 1, DATABASE_QUERY_TIMEOUT_MS: 10_000 }
const connect = (url: string, max = 1, queryTimeoutMs = 10_000) =>
  connectDatabase(
    'away',
    { DATABASE_URL: url, DATABASE_MAX_CONNECTIONS: max, DATABASE_QUERY_TIMEOUT_MS: queryTimeoutMs },
    silent,
  )
const request = {
  requestId: 'r',
  account: 'a',
  api: 'psa' as const,
  cid: 'c',
  sentCid: 'c',
  name: '',
  meta: {},
  origins: [],
}

async function reasonOf(work: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([work])
  if (outcome.status === 'fulfilled') return assert.fail('it did not fail')
  return outcome.reason
}
const assertAway = async (work: Promise<unknown>) => {
  const reason = await reasonOf(work)
  assert.ok(isDatabaseAway(reason), `not taken for away: ${String(reason)}`)
}
const assertNotAway = async (work: Promise<unknown>) =>
  assert.equal(isDatabaseAway(await reasonOf(work)), false)

/** A promise that resolves when as many have arrived. */
function meeting(count: number): [Promise<void>, () => void] {
  const { promise, resolve } = Promise.withResolvers<void>()
  let missing = count
  return [promise, () => --missing === 0 && resolve()]
}

/** Accepts connections and says nothing, or hangs up at once. */
async function listen(hangUp: boolean) {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    if (hangUp) socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return { url: `postgres://u:p@127.0.0.1:${address.port}/d`, close, [Symbol.asyncDispose]: close }
}

test('a port where nobody listens is away, for a query and for a transaction', { timeout }, async () => {
  const { url, close } = await listen(false)
  await close()
  await using db = connect(url)
  await assertAway(db.select().from(contents))
  await assertAway(acceptPin(db, request))
})

test('a server that hangs up at once is away', { timeout }, async () => {
  await using server = await listen(true)
  await using db = connect(server.url)
  await assertAway(db.execute('select 1'))
})

test('a server that does not answer a query in time is away', { timeout }, async () => {
  await using db = connect(database.url, 1, 200)
  await db.execute('select 1')
  await assertAway(db.execute('select pg_sleep(15)'))
})

test('a connection that the administrator ends during a query is away, and the next query works', {
  timeout,
}, async () => {
  await using db = connect(database.url)
  const { rows } = await db.execute<{ pid: number }>('select pg_backend_pid() as pid')
  const sleeping = reasonOf(db.execute('select pg_sleep(15)'))
  const isActive = `select pg_terminate_backend(pid) as ended from pg_stat_activity
    where pid = ${rows[0]?.pid} and query like '%pg_sleep%'`
  for (let ended = false; !ended; ) {
    const found = await database.db.execute<{ ended: boolean }>(isActive)
    ended = found.rows[0]?.ended ?? false
  }
  assert.ok(isDatabaseAway(await sleeping))
  assert.equal((await db.execute('select 1')).rows.length, 1)
})

test('a connection that ends between two queries of a transaction is away, and the process goes on', {
  timeout,
}, async () => {
  const broke = Promise.withResolvers<void>()
  const log = Object.assign(createLogger('test', 'silent'), { warn: () => broke.resolve() })
  await using db = connectDatabase('away', { ...settings, DATABASE_URL: database.url }, log)
  const work = db.transaction(async tx => {
    const { rows } = await tx.execute<{ pid: number }>('select pg_backend_pid() as pid')
    await database.db.execute(`select pg_terminate_backend(${rows[0]?.pid})`)
    await broke.promise
    await tx.execute('select 1')
  })
  await assertAway(work)
  assert.equal((await db.execute('select 1')).rows.length, 1)
})

test('a server that takes no more connections is away', { timeout }, async () => {
  await using full = await createTestDatabase()
  const name = new URL(full.url).pathname.slice(1)
  await full.db.execute(`alter database ${name} connection limit 0`)
  await using db = connect(full.url)
  await assertAway(db.execute('select 1'))
})

// Both wait for the connect timeout, so they wait together.
describe('away after the connect timeout', { concurrency: true }, () => {
  test('a server that accepts and never answers', { timeout }, async () => {
    await using server = await listen(false)
    await using db = connect(server.url)
    await assertAway(db.execute('select 1'))
  })

  test('a pool whose connections are all in use for too long', { timeout }, async () => {
    await using db = connect(database.url, 1)
    const started = Promise.withResolvers<void>()
    const waited = Promise.withResolvers<void>()
    const busy = db.transaction(async () => {
      started.resolve()
      await waited.promise
    })
    await started.promise
    await assertAway(db.execute('select 1'))
    waited.resolve()
    await busy
  })
})

test('a transaction that Postgres gave up to end a deadlock may be tried again', { timeout }, async () => {
  await using db = connect(database.url, 2)
  for (const cid of ['one', 'two']) await db.insert(contents).values({ cid, generation: 1, state: 'queued' })
  const [bothHold, arrive] = meeting(2)
  const lockBoth = (cids: [string, string]) =>
    db.transaction(async tx => {
      const lock = (cid: string) => tx.select().from(contents).where(eq(contents.cid, cid)).for('update')
      await lock(cids[0])
      arrive()
      await bothHold
      await lock(cids[1])
    })
  const outcomes = await Promise.allSettled([lockBoth(['one', 'two']), lockBoth(['two', 'one'])])
  const reasons = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
  assert.deepEqual(reasons.map(isDatabaseAway), [true])
})

test('errors of the query itself do not count as away', { timeout }, async () => {
  await using db = connect(database.url)
  await assertNotAway(db.execute('select nonsense'))
  await assertNotAway(db.insert(contents).values({ cid: 'x', generation: 1, state: 'pinned' }))
  await assertNotAway(db.transaction(async () => Promise.reject(new Error('a bug'))))
  assert.equal(isDatabaseAway('ECONNREFUSED'), false)
})

test('a wrong password does not count as away: waiting does not help', { timeout }, async () => {
  const url = new URL(database.url)
  url.password = 'wrong'
  await using db = connect(url.href)
  await assertNotAway(db.execute('select 1'))
})
