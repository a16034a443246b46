import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openDeadLetters, publishBody } from '#libs/bus/index.ts'
import { storeLetter } from '#libs/bus/testing/store-letter.ts'
import { startTestBus, type TestBus } from '#libs/bus/testing/test-bus.ts'
import { storedPins } from '#libs/db/testing/stored-pins.ts'
import { createTestDatabase, type TestDatabase } from '#libs/db/testing/test-database.ts'
import { discardDeadLetter, replayDeadLetter } from '#libs/dead-letters/index.ts'
import { pinRequested } from '#libs/events/index.ts'
import { readDlqCommandLine } from './command-line.ts'
import { toJson, toText } from './format-answer.ts'
import { runDlqCommand } from './run-dlq-command.ts'

const timeout = 60_000
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

async function answer(line: string) {
  const { command } = readDlqCommandLine(line.split(' ')) ?? assert.fail()
  const { db } = database
  const letters = await openDeadLetters(bus.admin)
  const publish = (message: Parameters<typeof publishBody>[1]) => publishBody(bus.admin, message)
  return runDlqCommand(
    {
      letters,
      replay: id => replayDeadLetter({ db, letters, publish }, id, 'cli:tester'),
      discard: id => discardDeadLetter({ db, letters }, id, 'cli:tester'),
    },
    command,
  )
}
const text = async (line: string) => toText(await answer(line))
const json = async (line: string) => JSON.parse(toJson(await answer(line)))

async function failedPin(cid: string): Promise<number> {
  const pins = storedPins(database.db)
  await pins.accept(cid)
  await pins.setState(cid, 'failed', { failureCode: 'stalled', failureMessage: 'x' })
  const body = pinRequested.encode('id', { cid, generation: 1 })
  return storeLetter(bus, { subject: 'pin.requested', body, code: 'stalled' })
}

test('letters are listed, shown, replayed and discarded', { timeout }, async () => {
  assert.equal(await text('list'), 'There are none.\n')
  assert.equal(await text('replay --all'), 'There are none.\n')
  const id = await failedPin('bafy-one')
  const other = await failedPin('bafy-two')
  const [head, first] = (await text('list')).split('\n')
  assert.match(head ?? '', /^ID +FAILED AT \(UTC\) +CONSUMER +SUBJECT +CODE +REASON$/)
  assert.match(
    first ?? '',
    new RegExp(`^${id} +[-0-9T:]{19} +fetcher +pin\\.requested +stalled +reason \\d+$`),
  )
  assert.match(await text('list --limit 1'), new RegExp(`There are more: --after ${id}, or --all`))
  const shown = await json(`show ${id}`)
  assert.deepEqual([shown.id, shown.code, JSON.parse(shown.body).data.cid], [id, 'stalled', 'bafy-one'])
  assert.match(await text(`show ${id}`), /^code +stalled$/m)

  assert.equal(await text(`replay ${id}`), `${String(id).padEnd(8)}restarted\n`)
  assert.equal((await storedPins(database.db).content('bafy-one'))?.state, 'queued')
  assert.deepEqual(await json('discard --all --code worker-lost'), [])
  assert.deepEqual(await json('discard --all --code stalled'), [{ id: other, outcome: 'discarded' }])
  assert.deepEqual((await json('list --all')).letters, [])
  await assert.rejects(answer('show 9999'), { name: 'StackError', message: 'there is no dead letter 9999' })
})

test('what a producer has sent moves no cursor, and is in base64 where it is no text', {
  timeout,
}, async () => {
  const id = await storeLetter(bus, { subject: 'pin.requested', body: Buffer.from('{\u001b[31m') })
  assert.ok(!(await text(`show ${id}`)).includes('\u001b'))
  const binary = await storeLetter(bus, { subject: 'pin.requested', body: Buffer.from([0xff, 0]) })
  assert.equal((await json(`show ${binary}`)).bodyBase64, '/wA=')
})
