import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pinRequested, pinStarted } from '#libs/events/index.ts'
import { createListeningLogger } from '#libs/telemetry/testing/listening-logger.ts'
import { openExhaustedMessages } from './exhausted.ts'
import { provisionStreams } from './provision.ts'
import { publishBody, publishEvent } from './publish.ts'
import { exhaust } from './testing/exhaust.ts'
import { publishRaw } from './testing/publish-raw.ts'
import { silent } from './testing/test-bus.ts'
import { startRouter } from './testing/test-router.ts'
import { setUpJobs, startWorker, until } from './testing/test-worker.ts'

const timeout = 60_000
const maxDeliver = 4
const setUp = () => setUpJobs({ maxDeliver })

describe('messages that the server delivers no more', () => {
  test('a job is given up, copied to the DLQ byte for byte with its reason, and taken from its stream', {
    timeout,
  }, async () => {
    await using s = await setUp()
    const body = pinRequested.encode('dead.1.requested', { cid: 'dead', generation: 1 })
    await publishBody(s.bus.admin, { id: 'dead.1.requested', subject: 'pin.requested', body })
    await using router = await startRouter(s.bus)
    assert.equal(await exhaust(s.bus, 'fetcher'), maxDeliver)
    await s.settled()
    const [letter, ...more] = await s.streams.deadLetters()
    assert.deepEqual(more, [])
    const { names } = s.bus.admin
    assert.equal(letter?.subject, names.subject(`dlq.${names.stream('PIN_JOBS')}.fetcher.1`))
    assert.deepEqual(Buffer.from(letter.data), Buffer.from(body))
    const header = (name: string) => letter.header.get(`Dlq-${name}`)
    assert.deepEqual(['Code', 'Source', 'Deliveries', 'Subject', 'Orig-Msg-Id'].map(header), [
      'worker-lost',
      'advisory',
      String(maxDeliver),
      names.subject('pin.requested'),
      'dead.1.requested',
    ])
    assert.match(header('Reason'), /^delivered 4 times without success$/)
    assert.deepEqual(
      router.givenUp.map(({ message, failure }) => [message.subject, message.seq, failure.code]),
      [['pin.requested', 1, 'worker-lost']],
    )
  })

  test('an event is copied to the DLQ and stays in its stream for its other readers', {
    timeout,
  }, async () => {
    await using s = await setUp()
    await publishEvent(s.bus.admin, pinStarted, 'dead', { cid: 'c', generation: 1, attempt: 1, worker: 'w' })
    await using _router = await startRouter(s.bus)
    await exhaust(s.bus, 'status')
    await until(async () => assert.equal((await s.streams.deadLetters()).length, 1))
    assert.equal(await s.streams.messagesOf('PIN_EVENTS'), 1)
  })

  test('two routers at once leave one dead letter of each message', { timeout }, async () => {
    await using s = await setUp()
    await Promise.all(Array.from({ length: 20 }, (_, i) => s.send(`dead-${i}`)))
    await exhaust(s.bus, 'fetcher')
    const exhausted = await Promise.all([1, 2].map(async () => s.bus.connect('status')))
    try {
      const routers = await Promise.all(exhausted.map(openExhaustedMessages))
      const seqs = Array.from({ length: 20 }, (_, i) => i + 1)
      const found = (seq: number) => ({ consumer: 'fetcher', seq, source: 'advisory' }) as const
      await Promise.all(
        routers.flatMap(({ route }) => seqs.map(seq => route(found(seq), async () => 'given-up'))),
      )
    } finally {
      for (const connection of exhausted) await connection[Symbol.asyncDispose]()
    }
    await s.settled()
    assert.equal((await s.streams.deadLetters()).length, 20)
  })

  test('an advisory that comes twice changes nothing the second time', { timeout }, async () => {
    await using s = await setUp()
    await s.send('dead')
    await exhaust(s.bus, 'fetcher')
    await using router = await startRouter(s.bus)
    await s.settled()
    const advisories = s.streams.stream('ADVISORIES')
    const advisory = await s.streams.manager.streams.getMessage(advisories, { seq: 1 })
    await s.bus.admin.connection.request(advisory?.subject ?? '', advisory?.data)
    await until(async () => {
      const { num_pending, num_ack_pending } = await s.streams.manager.consumers.info(
        advisories,
        'dead-letter-router',
      )
      assert.deepEqual([num_pending, num_ack_pending], [0, 0])
    })
    assert.equal(await s.streams.messagesOf('ADVISORIES'), 2)
    assert.equal((await s.streams.deadLetters()).length, 1)
    assert.equal(router.givenUp.length, 1)
  })

  for (const { crash, giveUp } of [
    { crash: 'before its pin has failed', giveUp: () => Promise.reject(new Error('Postgres is away')) },
    { crash: 'while a worker has the job', giveUp: async () => 'held' as const },
  ]) {
    test(`${crash}, a message stays and is routed later`, { timeout }, async () => {
      await using s = await setUp()
      await s.send('dead')
      await exhaust(s.bus, 'fetcher')
      let calls = 0
      await using _router = await startRouter(s.bus, {
        giveUp: () => (++calls <= 3 ? giveUp() : Promise.resolve('given-up')),
      })
      await until(() => assert.ok(calls >= 2))
      assert.deepEqual(await s.streams.deadLetters(), [])
      await s.settled()
      assert.equal((await s.streams.deadLetters()).length, 1)
      assert.equal(calls, 4)
    })
  }

  test('a router that dies after it stored the letter leaves the rest to the next', { timeout }, async () => {
    await using s = await setUp()
    await s.send('dead')
    await exhaust(s.bus, 'fetcher')
    const { names, stream } = s.bus.admin
    const subject = names.subject(`dlq.${names.stream('PIN_JOBS')}.fetcher.1`)
    await stream.publish(subject, 'the letter of the first')
    await using _router = await startRouter(s.bus)
    await s.settled()
    const letters = await s.streams.deadLetters()
    assert.deepEqual(
      letters.map(letter => letter.string()),
      ['the letter of the first'],
    )
  })

  test('a job that its worker finished after all leaves no letter', { timeout }, async () => {
    await using s = await setUp()
    await s.send('late')
    const consumer = await s.bus.admin.stream.consumers.get(s.streams.stream('PIN_JOBS'), 'fetcher')
    for (let i = 1; i < maxDeliver; i++) (await consumer.next({ expires: 1_000 }))?.nak()
    const last = await consumer.next({ expires: 1_000 })
    // Nobody else gets it, and the server says so when the ack wait is over and somebody asks.
    await until(async () => {
      assert.equal(await consumer.next({ expires: 1_000 }), null)
      assert.equal(await s.streams.messagesOf('ADVISORIES'), 1)
    })
    assert.equal(await last?.ackAck(), true)
    await using router = await startRouter(s.bus)
    await until(async () => {
      const { delivered, num_ack_pending } = await s.streams.manager.consumers.info(
        s.streams.stream('ADVISORIES'),
        'dead-letter-router',
      )
      assert.deepEqual([delivered.stream_seq, num_ack_pending], [1, 0])
    })
    assert.deepEqual(await s.streams.deadLetters(), [])
    assert.deepEqual(router.givenUp, [])
  })

  test('while Postgres is away nothing is routed, and no advisory is taken', { timeout }, async () => {
    await using s = await setUp()
    await s.send('dead')
    await exhaust(s.bus, 'fetcher')
    let isAway = true
    let asked = 0
    const mayPull = async () => {
      asked++
      if (isAway) throw new Error('Postgres is away')
      return true
    }
    await using _router = await startRouter(s.bus, { mayPull })
    await until(() => assert.ok(asked >= 2))
    assert.equal(await s.streams.messagesOf('PIN_JOBS'), 1)
    isAway = false
    await s.settled()
    assert.equal((await s.streams.deadLetters()).length, 1)
  })

  test('a message whose headers cannot be read is routed like any other', { timeout }, async () => {
    await using s = await setUp()
    const subject = s.bus.admin.names.subject('pin.requested')
    const headerLines = ['Trace Parent: 1']
    await publishRaw(s.bus.access('admin'), { subject, headerLines, body: Buffer.from('odd') })
    await using _router = await startRouter(s.bus)
    await exhaust(s.bus, 'fetcher')
    await s.settled()
    assert.equal((await s.streams.deadLetters())[0]?.string(), 'odd')
  })

  test('when its consumer was deleted meanwhile, a message is routed all the same', { timeout }, async () => {
    await using s = await setUp()
    await s.send('dead')
    await exhaust(s.bus, 'fetcher')
    await s.streams.manager.consumers.delete(s.streams.stream('PIN_JOBS'), 'fetcher')
    await using _router = await startRouter(s.bus)
    await s.settled()
    assert.equal((await s.streams.deadLetters()).length, 1)
  })

  test('while the DLQ is full a message stays in its stream, and goes there later', { timeout }, async () => {
    await using s = await setUp()
    await s.send('dead')
    await exhaust(s.bus, 'fetcher')
    await s.streams.manager.streams.update(s.streams.stream('DLQ'), { max_bytes: 1 })
    const { log, messages } = createListeningLogger()
    await using router = await startRouter(s.bus, { log })
    await until(() => assert.ok(router.givenUp.length >= 2))
    assert.equal(messages[0], 'exhausted message not routed, will retry')
    assert.equal(await s.streams.messagesOf('PIN_JOBS'), 1)
    await provisionStreams(s.bus.access('provisioner'), s.bus.settings, silent)
    await s.settled()
    assert.equal((await s.streams.deadLetters()).length, 1)
  })
})

test('exhausted jobs are counted apart from those that wait, run, or are to be retried', {
  timeout,
}, async () => {
  await using s = await setUp()
  await using status = await s.bus.connect('status')
  const exhausted = await openExhaustedMessages(status)
  assert.equal(await exhausted.count('fetcher'), 0)
  await s.send('dead-1')
  await s.send('dead-2')
  await exhaust(s.bus, 'fetcher')
  assert.equal(await exhausted.count('fetcher'), 2)
  assert.equal(await exhausted.count('validator'), 0)
  const consumer = await s.bus.admin.stream.consumers.get(s.streams.stream('PIN_JOBS'), 'fetcher')
  for (const cid of ['held', 'retried', 'waiting']) await s.send(cid)
  const held = await consumer.next({ expires: 1_000 })
  ;(await consumer.next({ expires: 1_000 }))?.nak(60_000)
  await s.bus.admin.stream.publish(s.bus.admin.names.subject('car.uploaded'), 'of another consumer')
  held?.working()
  assert.equal(await exhausted.count('fetcher'), 2)
  const seqs = (await Array.fromAsync(exhausted.delivered('fetcher'))).map(({ seq }) => seq)
  assert.deepEqual(seqs, [1, 2, 3, 4])
})

test('the last deliveries of a job are for giving it up: the next live worker does, with a report', {
  timeout,
}, async () => {
  await using s = await setUp()
  await s.send('deadly')
  const consumer = await s.bus.admin.stream.consumers.get(s.streams.stream('PIN_JOBS'), 'fetcher')
  // A worker takes it and dies before it has a lease.
  ;(await consumer.next({ expires: 1_000 }))?.nak()
  await using _worker = await startWorker(s.bus, s.jobs.step())
  await s.settled()
  assert.deepEqual(s.jobs.job('deadly').steps, ['fail worker-lost', 'give up worker-lost'])
  const [letter] = await s.streams.deadLetters()
  assert.deepEqual(
    ['Source', 'Code', 'Reason'].map(name => letter?.header.get(`Dlq-${name}`)),
    ['worker', 'worker-lost', 'delivered 2 times without success'],
  )
})
