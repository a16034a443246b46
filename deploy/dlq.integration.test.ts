import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { storeLetter } from '#libs/bus/testing/store-letter.ts'
import { startTestBus, type TestBus } from '#libs/bus/testing/test-bus.ts'
import { createTestDatabase, type TestDatabase } from '#libs/db/testing/test-database.ts'

const timeout = 120_000
const program = fileURLToPath(new URL('dlq.ts', import.meta.url))
let database: TestDatabase
let bus: TestBus
before(async () => {
  database = await createTestDatabase()
  bus = await startTestBus()
})
after(async () => {
  await bus[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const run = async (args: string[], settings: Record<string, string> = {}) =>
  (
    await promisify(execFile)(process.execPath, [program, ...args], {
      env: { ...process.env, DATABASE_URL: database.url, ...bus.access('admin'), ...settings },
    })
  ).stdout

test('letters that are left are named, with the reason, by the exit code 2; discarded ones by whom in the audit', {
  timeout,
}, async () => {
  const id = await storeLetter(bus, { subject: 'pin.requested', body: Buffer.from('{') })
  await assert.rejects(
    run(['replay', String(id), '9999']),
    (error: Error & { code: number; stdout: string }) => {
      assert.equal(error.code, 2)
      const [refused = '', gone = ''] = error.stdout.split('\n')
      assert.match(refused, /refused: it would end here again: pin\.requested: the body is not JSON/)
      assert.match(gone, /^9999 +gone$/)
      return true
    },
  )
  assert.deepEqual(JSON.parse(await run(['discard', String(id), '--json'])), [{ id, outcome: 'discarded' }])
  const { rows } = await database.db.execute('select actor, action from audit')
  assert.equal(rows.length, 1)
  assert.equal(rows[0]?.['action'], 'dead-letter.discard')
  assert.match(String(rows[0]?.['actor']), /^cli:./)
})

test('what cannot be done is said on one line, by the exit code 1', { timeout }, async () => {
  for (const [args, settings, stderr] of [
    [['list'], { NATS_URL: 'nats://127.0.0.1:1' }, /^NATS cannot be reached at nats:\/\/127\.0\.0\.1:1\n$/],
    [
      ['list', '--data', '/nowhere'],
      { DATABASE_URL: '' },
      /^DATABASE_URL is not set, and no Pickup runs over \/nowhere[^\n]+\n$/,
    ],
  ] as const)
    await assert.rejects(run([...args], settings), { code: 1, stderr })
})
