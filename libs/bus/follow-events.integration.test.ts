import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JetStreamManager } from '@nats-io/jetstream'
import { pinCancelled } from '#libs/events/index.ts'
import type { Bus } from './connect-bus.ts'
import { followEvents } from './follow-events.ts'
import { provisionStreams } from './provision.ts'
import { publishEvent } from './publish.ts'
import { on } from './read-events.ts'
import { lookAtStreams } from './testing/look-at-streams.ts'
import { connectTestBus, silent, startTestBus, type TestBus } from './testing/test-bus.ts'
import { until } from './testing/test-worker.ts'

const timeout = 40_000

/** A process that follows cancels with the rights of its user; `seen` are the CIDs that it heard. */
async function startFollower(bus: TestBus, user: 'fetcher' | 'validator' = 'fetcher') {
  const connection = await bus.connect(user)
  const stopping = new AbortController()
  const seen: string[] = []
  const reaction = on(pinCancelled, async ({ data: { cid } }) => {
    if (cid === 'poison') throw new Error('no')
    seen.push(cid)
  })
  const following = followEvents({ bus: connection, reaction, stopping: stopping.signal, log: silent })
  const stop = async () => {
    stopping.abort()
    await following
  }
  return {
    connection,
    seen,
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      await connection[Symbol.asyncDispose]()
    },
  }
}

const cancel = ({ admin }: TestBus, cid: string) =>
  publishEvent(admin, pinCancelled, `${cid}.1.cancelled`, { cid, generation: 1 })

const followersOf = async (manager: JetStreamManager, bus: Bus) => {
  const all = await Array.fromAsync(manager.consumers.list(bus.names.stream('PIN_EVENTS')))
  return all.filter(({ config }) => config.durable_name === undefined).map(({ name }) => name)
}

async function setUp() {
  const bus = await startTestBus()
  const { manager } = await lookAtStreams(bus)
  const followers = () => followersOf(manager, bus.admin)
  return {
    bus,
    manager,
    followers,
    following: (count: number) => until(async () => assert.equal((await followers()).length, count)),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  }
}

test('every follower hears every event from its start on, and none from before', { timeout }, async () => {
  await using s = await setUp()
  await cancel(s.bus, 'before')
  await using one = await startFollower(s.bus, 'fetcher')
  await using other = await startFollower(s.bus, 'validator')
  await s.following(2)
  for (const cid of ['a', 'b']) await cancel(s.bus, cid)
  await until(() =>
    assert.deepEqual(
      [one.seen, other.seen],
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    ),
  )
  one.connection.assertReady()
  other.connection.assertReady()
})

test('an event that cannot be read or handled keeps nobody from hearing the next', { timeout }, async () => {
  await using s = await setUp()
  await using follower = await startFollower(s.bus)
  await s.following(1)
  await s.bus.admin.stream.publish(s.bus.admin.names.subject('pin.cancelled'), '{')
  await cancel(s.bus, 'poison')
  await cancel(s.bus, 'good')
  await until(() => assert.deepEqual(follower.seen, ['good']))
})

test('a follower goes on after a reconnect', { timeout }, async () => {
  await using s = await setUp()
  await using follower = await startFollower(s.bus)
  await s.following(1)
  const { connection } = follower.connection
  const reconnected = (async () => {
    for await (const { type } of connection.status()) if (type === 'reconnect') return
  })()
  await connection.reconnect()
  await reconnected
  // The server may still send to the old connection what comes before it has noticed the end of that.
  let sent = 0
  await until(async () => {
    await cancel(s.bus, `early-${sent++}`)
    assert.ok(follower.seen.length > 0)
  })
  for (const cid of ['a', 'b']) await cancel(s.bus, cid)
  await until(() => assert.deepEqual(follower.seen.slice(-2), ['a', 'b']))
})

test('a follower whose consumer was removed starts anew', { timeout }, async () => {
  await using s = await setUp()
  await using follower = await startFollower(s.bus)
  await s.following(1)
  const [old = ''] = await s.followers()
  await s.manager.consumers.delete(s.bus.admin.names.stream('PIN_EVENTS'), old)
  await until(async () => {
    const [renewed] = await s.followers()
    assert.ok(renewed !== undefined && renewed !== old)
  })
  await cancel(s.bus, 'after')
  await until(() => assert.deepEqual(follower.seen, ['after']))
})

test('a follower goes on when the stream was removed and made anew', { timeout }, async () => {
  await using s = await setUp()
  await using follower = await startFollower(s.bus)
  await s.following(1)
  await cancel(s.bus, 'first')
  await until(() => assert.deepEqual(follower.seen, ['first']))
  await s.manager.streams.delete(s.bus.admin.names.stream('PIN_EVENTS'))
  await provisionStreams(s.bus.access('provisioner'), s.bus.settings, silent)
  await s.following(1)
  await cancel(s.bus, 'second')
  await until(() => assert.deepEqual(follower.seen, ['first', 'second']))
})

test('a follower that starts before its stream exists hears as soon as it does', { timeout }, async () => {
  await using bus = await connectTestBus()
  await using follower = await startFollower(bus)
  await provisionStreams(bus.access('provisioner'), bus.settings, silent)
  const { manager } = await lookAtStreams(bus)
  await until(async () => assert.equal((await followersOf(manager, bus.admin)).length, 1))
  await cancel(bus, 'early')
  await until(() => assert.deepEqual(follower.seen, ['early']))
})

test('a follower that stops ends at once and leaves no consumer', { timeout }, async () => {
  await using s = await setUp()
  await using follower = await startFollower(s.bus)
  await s.following(1)
  const stoppedAt = performance.now()
  await follower.stop()
  assert.ok(performance.now() - stoppedAt < 2_000)
  assert.deepEqual(await s.followers(), [])
})
