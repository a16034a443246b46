import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type DeadLetters, openDeadLetters } from './dead-letters.ts'
import { storeLetter } from './testing/store-letter.ts'
import { startTestBus, type TestBus } from './testing/test-bus.ts'

const timeout = 30_000
let bus: TestBus
let letters: DeadLetters
before(async () => {
  bus = await startTestBus()
  letters = await openDeadLetters(bus.admin)
  for (let i = 0; i < 10; i++)
    await storeLetter(bus, {
      subject: 'pin.requested',
      body: Buffer.from([i, 0xff]),
      consumer: i % 2 ? 'validator' : 'fetcher',
      code: i < 4 ? 'stalled' : 'worker-lost',
    })
})
after(() => bus[Symbol.asyncDispose]())

const idsOf = (page: { letters: { id: number }[] }) => page.letters.map(({ id }) => id)

test('letters are read with what their headers say, and byte for byte', { timeout }, async () => {
  const letter = (await letters.get(3)) ?? assert.fail()
  const { consumer, subject, code, reason, source, deliveries } = letter
  assert.deepEqual(
    { consumer, subject, code, reason, source, deliveries },
    {
      consumer: 'fetcher',
      subject: 'pin.requested',
      code: 'stalled',
      reason: 'reason 3',
      source: 'worker',
      deliveries: 3,
    },
  )
  assert.deepEqual(Buffer.from(letter.body), Buffer.from([2, 0xff]))
  assert.equal(await letters.get(99), undefined)
})

test('pages lose and repeat nothing, by reader and by code', { timeout }, async () => {
  const first = await letters.list({ limit: 4 })
  assert.deepEqual([idsOf(first), first.next], [[1, 2, 3, 4], 4])
  const last = await letters.list({ after: 8, limit: 4 })
  assert.deepEqual([idsOf(last), last.next], [[9, 10], undefined])
  const exact = await letters.list({ after: 8, limit: 2 })
  assert.deepEqual([idsOf(exact), exact.next], [[9, 10], undefined])
  assert.deepEqual(idsOf(await letters.list({ limit: 9, consumer: 'validator' })), [2, 4, 6, 8, 10])
  assert.deepEqual(idsOf(await letters.list({ limit: 9, consumer: 'fetcher', code: 'stalled' })), [1, 3])
  assert.deepEqual(idsOf(await letters.list({ limit: 9, consumer: 'nobody' })), [])
})

test('a letter is removed once, and removing it again is no error', { timeout }, async () => {
  const id = await storeLetter(bus, { subject: 'pin.requested', body: Buffer.from('x') })
  await letters.remove(id)
  await letters.remove(id)
  assert.equal(await letters.get(id), undefined)
})

test('what somebody else has put there is shown as it is', { timeout }, async () => {
  const { seq } = await bus.admin.stream.publish(bus.admin.names.subject('dlq.a.b.1'), 'odd')
  const letter = (await letters.get(seq)) ?? assert.fail()
  assert.deepEqual([letter.subject, letter.code, Buffer.from(letter.body).toString()], ['', '', 'odd'])
  await letters.remove(seq)
})
