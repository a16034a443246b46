import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type FailureCode, PermanentError, TransientError } from '#libs/errors/index.ts'
import { pinRequested } from '#libs/events/index.ts'
import { createListeningLogger } from '#libs/telemetry/testing/listening-logger.ts'
import { provisionStreams } from './provision.ts'
import { NotStoredError, publishBody, publishEvent } from './publish.ts'
import type { lookAtStreams } from './testing/look-at-streams.ts'
import { createMemoryJobs, type MemoryStep } from './testing/memory-jobs.ts'
import { connectTestBus, silent } from './testing/test-bus.ts'
import { setUpJobs as setUp, startWorker, until, untilAborted } from './testing/test-worker.ts'

const timeout = 40_000

test('a job runs, its result is stored, what follows is done, and its message is gone', {
  timeout,
}, async () => {
  await using s = await setUp()
  await using _worker = await startWorker(s.bus, s.jobs.step())
  await s.send('happy')
  await s.settled()
  assert.deepEqual(s.jobs.job('happy').steps, ['run', 'finish'])
  assert.deepEqual(s.jobs.job('happy').result, { stored: 'happy' })
  assert.deepEqual(await s.streams.deadLetters(), [])
})

test('a job whose result is stored is not run again: only what follows is repeated', {
  timeout,
}, async () => {
  await using s = await setUp()
  let crashes = 1
  const step = s.jobs.step()
  const finish: MemoryStep['finish'] = async (event, result) => {
    await step.finish(event, result)
    if (crashes-- > 0) throw new TransientError('internal', 'the publish got lost')
  }
  await using _worker = await startWorker(s.bus, { ...step, finish })
  await s.send('half')
  await s.settled()
  const { steps } = s.jobs.job('half')
  assert.deepEqual(
    steps.filter(name => !name.startsWith('fail')),
    ['run', 'finish', 'finish'],
  )
})

test('a message of a job that is obsolete is acknowledged without work', { timeout }, async () => {
  await using s = await setUp()
  await using _worker = await startWorker(s.bus, s.jobs.step({ claim: async () => ({ kind: 'obsolete' }) }))
  await s.send('old')
  await s.settled()
  assert.deepEqual(s.jobs.job('old').steps, [])
})

test('a message of a job that another worker has is left alone and comes back', { timeout }, async () => {
  await using s = await setUp()
  s.jobs.job('held').leased = true
  let claims = 0
  const step = s.jobs.step()
  const claim: MemoryStep['claim'] = event => {
    claims++
    return step.claim(event)
  }
  await using _worker = await startWorker(s.bus, { ...step, claim })
  await s.send('held')
  await until(() => assert.ok(claims >= 1))
  assert.deepEqual(s.jobs.job('held').steps, [])
  assert.equal(await s.streams.messagesOf('PIN_JOBS'), 1)
  s.jobs.job('held').leased = false
  await s.settled()
  assert.deepEqual(s.jobs.job('held').steps, ['run', 'finish'])
  assert.ok(claims >= 2)
})

test('a transient failure is retried after a delay that grows, up to the failure limit; then it is dead-lettered', {
  timeout,
}, async () => {
  await using s = await setUp()
  const startedAt: number[] = []
  const run = async () => {
    startedAt.push(performance.now())
    throw new TransientError('stalled', 'nothing came', { missingCids: ['bafy'] })
  }
  await using _worker = await startWorker(s.bus, s.jobs.step({ run }), {
    retryMinMs: 100,
    retryMaxMs: 10_000,
  })
  await s.send('slow')
  await s.settled()
  assert.deepEqual(s.jobs.job('slow').steps, [
    'fail stalled',
    'fail stalled',
    'fail stalled',
    'give up stalled',
  ])
  const [first = 0, second = 0, third = 0] = startedAt
  assert.ok(second - first >= 90, `first delay ${second - first} ms`)
  assert.ok(third - second >= 360, `second delay ${third - second} ms`)
  const [letter] = await s.streams.deadLetters()
  assert.equal(letter?.header.get('Dlq-Code'), 'stalled')
})

test('outages count apart from other failures, up to a limit of their own', { timeout }, async () => {
  await using s = await setUp()
  const causes = new Map<string, FailureCode[]>([
    ['patient', ['stalled', 'storage-unavailable', 'storage-unavailable', 'source-unavailable', 'stalled']],
    ['cut-off', Array.from({ length: 6 }, () => 'storage-unavailable')],
  ])
  const left = new Map([...causes].map(([cid, codes]) => [cid, codes.values()]))
  const run = async ({ data: { cid } }: { data: { cid: string } }) => {
    const { value: code } = left.get(cid)?.next() ?? assert.fail(cid)
    if (code !== undefined) throw new TransientError(code, 'nobody answered')
    return {}
  }
  await using _worker = await startWorker(s.bus, s.jobs.step({ run }), { retryMinMs: 1, retryMaxMs: 1 })
  for (const cid of causes.keys()) await s.send(cid)
  await s.settled()
  const failed = (cid: string) => causes.get(cid)?.map(code => `fail ${code}`) ?? []
  assert.deepEqual(s.jobs.job('patient').steps, [...failed('patient'), 'finish'])
  assert.deepEqual(s.jobs.job('cut-off').steps, [...failed('cut-off'), 'give up storage-unavailable'])
})

test('trouble with NATS or Postgres is no failure of a job, however often it comes', {
  timeout,
}, async () => {
  await using s = await setUp()
  class AwayError extends Error {}
  const troubles = [
    ...Array.from({ length: 4 }, () => new NotStoredError('internal', 'pin.started was not stored')),
    ...Array.from({ length: 4 }, () => new AwayError('no connection')),
  ].values()
  const run = async () => {
    const { value: trouble } = troubles.next()
    if (trouble) throw trouble
    return {}
  }
  const isDatabaseAway = (error: unknown) => error instanceof AwayError
  const delays = { retryMinMs: 1, retryMaxMs: 1 }
  await using _worker = await startWorker(s.bus, s.jobs.step({ run }), { ...delays, isDatabaseAway })
  await s.send('patient')
  await s.settled()
  const { steps, failures, outages, released } = s.jobs.job('patient')
  assert.deepEqual(steps, [...Array.from({ length: 8 }, () => 'release'), 'finish'])
  assert.deepEqual([failures, outages, released], [0, 0, 8])
})

test('a permanent failure is dead-lettered at once, byte for byte and with its reason', {
  timeout,
}, async () => {
  await using s = await setUp()
  const run = () => Promise.reject(new PermanentError('car-too-big', 'it is\r\ntoo big'))
  await using worker = await startWorker(s.bus, s.jobs.step({ run }))
  const body = pinRequested.encode('big.1.requested', { cid: 'big', generation: 1 })
  await publishBody(s.bus.admin, { id: 'big.1.requested', subject: 'pin.requested', body })
  await s.settled()
  await worker.stop()
  assert.deepEqual(s.jobs.job('big').steps, ['fail car-too-big', 'give up car-too-big'])
  const letters = await s.streams.deadLetters()
  assert.equal(letters.length, 1)
  const { subject, header, data } = letters[0] ?? assert.fail()
  const { names } = s.bus.admin
  assert.equal(subject, names.subject(`dlq.${names.stream('PIN_JOBS')}.fetcher.1`))
  assert.deepEqual(Buffer.from(data), Buffer.from(body))
  assert.equal(header.get('Dlq-Reason'), 'it is too big')
  assert.equal(header.get('Dlq-Orig-Msg-Id'), 'big.1.requested')
  assert.equal(header.get('Dlq-Subject'), names.subject('pin.requested'))
  assert.equal(header.get('Dlq-Deliveries'), '1')
  assert.deepEqual(
    [...header.keys()].filter(name => name.toLowerCase().startsWith('nats-msg-id')),
    [],
  )
})

test('a message that is no event is dead-lettered as it is, without a job', { timeout }, async () => {
  await using s = await setUp()
  const body = new Uint8Array([0xff, 0x00, 0x7b])
  await s.bus.admin.stream.publish(s.bus.admin.names.subject('pin.requested'), body)
  await using _worker = await startWorker(s.bus, s.jobs.step())
  await s.settled()
  const [letter] = await s.streams.deadLetters()
  assert.deepEqual(Buffer.from(letter?.data ?? []), Buffer.from(body))
  assert.equal(letter?.header.get('Dlq-Code'), 'invalid-message')
  assert.match(letter?.header.get('Dlq-Reason') ?? '', /not JSON in UTF-8/)
})

test('a job whose workers never report ends as worker-lost', { timeout }, async () => {
  await using s = await setUp()
  // Two workers took it and died.
  s.jobs.job('deadly').epoch = 2
  await using _worker = await startWorker(s.bus, s.jobs.step(), { deliveryLimit: 2 })
  await s.send('deadly')
  await s.settled()
  assert.deepEqual(s.jobs.job('deadly').steps, ['fail worker-lost', 'give up worker-lost'])
  const [letter] = await s.streams.deadLetters()
  assert.equal(letter?.header.get('Dlq-Code'), 'worker-lost')
})

test('deliveries, failures and jobs handed back do not count as lost workers', { timeout }, async () => {
  await using s = await setUp()
  let claims = 0
  const step = s.jobs.step()
  const claim: MemoryStep['claim'] = event =>
    ++claims <= 5 ? Promise.reject(new Error('Postgres is away')) : step.claim(event)
  Object.assign(s.jobs.job('unlucky'), { epoch: 5, failures: 2, released: 2 })
  await using _worker = await startWorker(s.bus, { ...step, claim }, { deliveryLimit: 2 })
  await s.send('unlucky')
  await s.settled()
  assert.deepEqual(s.jobs.job('unlucky').steps, ['run', 'finish'])
})

test('a worker that loses its lease stops the work and neither stores, settles nor counts anything', {
  timeout,
}, async () => {
  await using s = await setUp({ ackWaitMs: 2_000 })
  const stopped = Promise.withResolvers<unknown>()
  const running = Promise.withResolvers<void>()
  const run: MemoryStep['run'] = async (_event, { signal }) => {
    running.resolve()
    return untilAborted(signal).catch((reason: unknown) => {
      stopped.resolve(reason)
      throw reason
    })
  }
  await using worker = await startWorker(s.bus, s.jobs.step({ run }), { heartbeatMs: 100, slots: 1 })
  await s.send('lost')
  await running.promise
  s.jobs.job('lost').epoch = 7
  assert.match(String(await stopped.promise), /the lease was lost/)
  await worker.stop()
  assert.deepEqual(s.jobs.job('lost').steps, [])
  assert.equal(await s.streams.messagesOf('PIN_JOBS'), 1)
  assert.deepEqual(await s.streams.deadLetters(), [])
})

for (const { heartbeat, renew } of [
  { heartbeat: 'is refused', renew: () => Promise.reject(new Error('Postgres does not answer')) },
  { heartbeat: 'gets no answer', renew: () => new Promise<never>(() => {}) },
]) {
  test(`a worker whose heartbeat ${heartbeat} for as long as its lease lasts stops the work`, {
    timeout,
  }, async () => {
    await using s = await setUp()
    const ended = Promise.withResolvers<unknown>()
    const run: MemoryStep['run'] = (_event, { signal }) =>
      untilAborted(signal).catch((reason: unknown) => {
        ended.resolve(reason)
        throw reason
      })
    await using _worker = await startWorker(s.bus, s.jobs.step({ run, renew }), {
      heartbeatMs: 50,
      leaseMs: 300,
    })
    await s.send('cut-off')
    assert.match(String(await ended.promise), /the lease ran out/)
  })
}

test('a worker that stops hands its job back at once, and another gets it long before the ack wait', {
  timeout,
}, async () => {
  await using s = await setUp({ ackWaitMs: 30_000 })
  const running = Promise.withResolvers<void>()
  const run: MemoryStep['run'] = (_event, { signal }) => {
    running.resolve()
    return untilAborted(signal)
  }
  await using first = await startWorker(s.bus, s.jobs.step({ run }))
  await s.send('handed-over')
  await running.promise
  await first.stop()
  await using _second = await startWorker(s.bus, s.jobs.step())
  const stoppedAt = performance.now()
  await s.settled()
  assert.ok(performance.now() - stoppedAt < 15_000)
  const { steps, failures } = s.jobs.job('handed-over')
  assert.deepEqual(steps, ['release', 'run', 'finish'])
  assert.equal(failures, 0)
})

test('a worker that may not pull leaves the jobs to others', { timeout }, async () => {
  await using s = await setUp()
  let ready = false
  let asked = 0
  const mayPull = async () => {
    asked++
    return ready
  }
  await using _worker = await startWorker(s.bus, s.jobs.step(), { mayPull, slots: 1 })
  await s.send('elsewhere')
  await until(() => assert.ok(asked >= 2))
  assert.equal(await s.held(), 0)
  assert.equal(await s.streams.messagesOf('PIN_JOBS'), 1)
  ready = true
  await s.settled()
  assert.deepEqual(s.jobs.job('elsewhere').steps, ['run', 'finish'])
})

test('a worker that stops takes no further job', { timeout }, async () => {
  await using s = await setUp()
  await using worker = await startWorker(s.bus, s.jobs.step())
  await worker.stop()
  await s.send('untouched')
  assert.equal(await s.streams.messagesOf('PIN_JOBS'), 1)
  assert.equal(await s.held(), 0)
})

// Each waits until the attempts to store the dead letter are used up, so they wait together.
describe('the dead-letter stream takes nothing', { concurrency: true }, () => {
  for (const { why, breakQueue } of [
    {
      why: 'is full',
      breakQueue: async ({ manager, stream }: Awaited<ReturnType<typeof lookAtStreams>>) => {
        await manager.streams.update(stream('DLQ'), { max_bytes: 1 })
      },
    },
    {
      why: 'is not there',
      breakQueue: async ({ manager, stream }: Awaited<ReturnType<typeof lookAtStreams>>) => {
        await manager.streams.delete(stream('DLQ'))
      },
    },
  ]) {
    test(`while the dead-letter stream ${why} a job fails all the same, and its message goes there later`, {
      timeout,
    }, async () => {
      await using s = await setUp()
      await breakQueue(s.streams)
      let runs = 0
      const run = () => {
        runs++
        return Promise.reject(new PermanentError('wrong-root', 'no'))
      }
      const { log, messages } = createListeningLogger()
      await using _worker = await startWorker(s.bus, s.jobs.step({ run }), { log })
      await s.send('kept')
      await until(() => assert.ok(runs >= 2))
      assert.deepEqual(messages.slice(0, 2), ['gave up', 'message left for another delivery'])
      assert.equal(await s.streams.messagesOf('PIN_JOBS'), 1)
      assert.ok(s.jobs.job('kept').steps.includes('give up wrong-root'))
      await provisionStreams(s.bus.access('provisioner'), s.bus.settings, silent)
      await s.settled()
      assert.equal((await s.streams.deadLetters()).length, 1)
    })
  }
})

test('while no lease can be asked for, deliveries are spread and no job is given up', {
  timeout,
}, async () => {
  await using s = await setUp()
  const askedAt: number[] = []
  const step = s.jobs.step()
  const claim: MemoryStep['claim'] = event => {
    askedAt.push(performance.now())
    return askedAt.length < 4 ? Promise.reject(new Error('Postgres is away')) : step.claim(event)
  }
  await using _worker = await startWorker(s.bus, { ...step, claim }, { retryMinMs: 50, retryMaxMs: 10_000 })
  await s.send('patient')
  await s.settled()
  assert.deepEqual(s.jobs.job('patient').steps, ['run', 'finish'])
  const [first = 0, second = 0, third = 0, fourth = 0] = askedAt
  assert.ok(second - first >= 45 && third - second >= 180 && fourth - third >= 720, askedAt.join(' '))
})

test('a worker that starts before its consumer exists works as soon as it does', { timeout }, async () => {
  await using bus = await connectTestBus()
  const jobs = createMemoryJobs()
  await using _worker = await startWorker(bus, jobs.step())
  await provisionStreams(bus.access('provisioner'), bus.settings, silent)
  await publishEvent(bus.admin, pinRequested, 'early', { cid: 'early', generation: 1 })
  await until(() => assert.deepEqual(jobs.job('early').steps, ['run', 'finish']))
})

test('heartbeats keep jobs that take longer than the ack wait, and each slot holds one message', {
  timeout,
}, async () => {
  await using s = await setUp({ ackWaitMs: 1_000 })
  const mayEnd = Promise.withResolvers<void>()
  const step = s.jobs.step()
  const run: MemoryStep['run'] = async (event, context) => {
    await mayEnd.promise
    return step.run(event, context)
  }
  await using _worker = await startWorker(s.bus, { ...step, run }, { heartbeatMs: 200, slots: 2 })
  const cids = ['long-1', 'long-2', 'long-3', 'long-4', 'long-5']
  await Promise.all(cids.map(s.send))
  await until(async () => assert.equal(await s.held(), 2))
  const heldSince = performance.now()
  await until(async () => {
    const { num_ack_pending, num_redelivered } = await s.streams.consumer('PIN_JOBS', 'fetcher')
    assert.deepEqual([num_ack_pending, num_redelivered], [2, 0])
    assert.ok(performance.now() - heldSince > 2_500)
  })
  mayEnd.resolve()
  await s.settled()
  for (const cid of cids) {
    assert.deepEqual(s.jobs.job(cid).steps, ['run', 'finish'])
    assert.equal(s.jobs.job(cid).epoch, 1)
  }
})
