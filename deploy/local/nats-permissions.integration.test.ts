import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager, RetentionPolicy } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { connect, type NatsConnection, PermissionViolationError, RequestError } from '@nats-io/transport-node'
import { pino } from 'pino'
import { findServers } from './find-servers.ts'
import { type RunningNats, startNats } from './nats.ts'
import type { NatsUser } from './nats-permissions.ts'
import { createSupervisor } from './supervisor.ts'
import { createTestFolder } from './test-folder.ts'

const log = pino({ level: 'silent' })

for (const prefix of ['', 'run1'])
  test(`NATS rights ${prefix ? 'under any prefix' : 'without a prefix'}`, { timeout: 120_000 }, async t => {
    await using folder = await createTestFolder()
    await using supervisor = createSupervisor(log)
    const { nats: binary } = await findServers(log)
    const dataDir = join(folder.path, 'nats')
    const nats = await startNats(supervisor, { dataDir, binary, anyPrefix: prefix !== '' })
    const subject = (name: string) => (prefix ? `${prefix}.${name}` : name)
    const stream = (name: string) => (prefix ? `${prefix}_${name}` : name)

    await t.test('the provisioner makes streams, consumers and the bucket', async () => {
      await using user = await connectAs(nats, 'provisioner')
      const manager = await jetstreamManager(user.connection)
      await manager.streams.add({
        name: stream('PIN_JOBS'),
        subjects: [subject('pin.requested'), subject('car.uploaded')],
        retention: RetentionPolicy.Workqueue,
      })
      await manager.streams.add({
        name: stream('PIN_EVENTS'),
        subjects: ['pin.started', 'pin.failed', 'car.valid', 'car.indexed', 'pin.cancelled'].map(subject),
      })
      await manager.streams.add({ name: stream('DLQ'), subjects: [subject('dlq.>')] })
      await manager.streams.add({
        name: stream('ADVISORIES'),
        subjects: [`$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${stream('PIN_JOBS')}.*`],
      })
      await manager.consumers.add(stream('ADVISORIES'), {
        durable_name: 'dead-letter-router',
        ack_policy: AckPolicy.Explicit,
      })
      const durables = [
        ['PIN_JOBS', 'fetcher', 'pin.requested'],
        ['PIN_JOBS', 'validator', 'car.uploaded'],
        ['PIN_EVENTS', 'status', 'car.valid'],
        ['PIN_EVENTS', 'indexer-bridge', 'car.valid'],
      ] as const
      for (const [name, durable, filter] of durables) {
        const filter_subject = subject(filter)
        const config = { durable_name: durable, ack_policy: AckPolicy.Explicit, filter_subject }
        await manager.consumers.add(stream(name), config)
        await manager.consumers.update(stream(name), durable, { max_deliver: 5 })
      }
      await new Kvm(manager.jetstream()).create(stream('LIVE'), { ttl: 60_000 })
    })

    await t.test('each service does its part of the flow', async () => {
      const publish = async (user: NatsUser, name: string) => {
        await using as = await connectAs(nats, user)
        await jetstream(as.connection).publish(subject(name), 'event')
        assert.deepEqual(as.refused, [])
      }
      const settleNext = async (user: NatsUser, name: string) => {
        await using as = await connectAs(nats, user)
        const consumer = await jetstream(as.connection).consumers.get(stream(name), user)
        const message = await consumer.next({ expires: 5_000 })
        assert.ok(message)
        message.working()
        assert.equal(await message.ackAck(), true)
        const deadLetter = subject(`dlq.${stream(name)}.${user}.${message.seq}`)
        await jetstream(as.connection).publish(deadLetter, message.data)
        assert.deepEqual(as.refused, [])
      }
      await publish('producer', 'pin.requested')
      await settleNext('fetcher', 'PIN_JOBS')
      await publish('gateway', 'pin.requested')
      await publish('status', 'pin.requested')
      await publish('fetcher', 'pin.started')
      await publish('fetcher', 'car.uploaded')
      await settleNext('validator', 'PIN_JOBS')
      await publish('validator', 'car.valid')
      await settleNext('indexer-bridge', 'PIN_EVENTS')
      await publish('indexer-bridge', 'car.indexed')
      await settleNext('status', 'PIN_EVENTS')
    })

    await t.test('status routes a message that the server delivers no more', async () => {
      await using as = await connectAs(nats, 'status')
      const js = jetstream(as.connection)
      await js.publish(subject('pin.requested'), 'exhausted')
      const { streams, consumers } = await jetstreamManager(as.connection, { checkAPI: false })
      const { state } = await streams.info(stream('PIN_JOBS'))
      await consumers.info(stream('PIN_JOBS'), 'fetcher')
      const message = await streams.getMessage(stream('PIN_JOBS'), { seq: state.last_seq })
      assert.ok(message)
      await js.publish(subject(`dlq.${stream('PIN_JOBS')}.fetcher.${message.seq}`), message.data)
      assert.equal(await streams.deleteMessage(stream('PIN_JOBS'), message.seq), true)
      const router = await js.consumers.get(stream('ADVISORIES'), 'dead-letter-router')
      assert.equal(await router.next({ expires: 1_000 }), null)
      assert.deepEqual(as.refused, [])
    })

    await t.test('workers follow cancellations with a consumer of their own', async () => {
      await using gateway = await connectAs(nats, 'gateway')
      for (const worker of ['fetcher', 'validator'] as const) {
        await using as = await connectAs(nats, worker)
        const { consumers } = await jetstreamManager(as.connection, { checkAPI: false })
        const info = await consumers.add(stream('PIN_EVENTS'), {
          name: `follower-${worker}`,
          filter_subject: subject('pin.cancelled'),
          deliver_policy: DeliverPolicy.New,
          ack_policy: AckPolicy.None,
        })
        const consumer = jetstream(as.connection).consumers.getConsumerFromInfo(info)
        await jetstream(gateway.connection).publish(subject('pin.cancelled'), 'event')
        assert.ok(await consumer.next({ expires: 5_000 }))
        await consumer.info()
        await consumer.delete()
        assert.deepEqual(as.refused, [])
      }
    })

    await t.test('whoever runs a relay publishes every event that an outbox may hold', async () => {
      for (const user of ['gateway', 'fetcher', 'status'] as const) {
        await using as = await connectAs(nats, user)
        for (const name of ['pin.requested', 'pin.cancelled', 'car.uploaded'])
          await jetstream(as.connection).publish(subject(name), 'event')
        assert.deepEqual(as.refused, [])
      }
    })

    await t.test('workers write the live view, the gateway watches and reads it', async () => {
      await using gateway = await connectAs(nats, 'gateway')
      const kvm = new Kvm(jetstream(gateway.connection))
      const view = await kvm.open(stream('LIVE'), { allow_direct: true })
      const updates = (await view.watch({ key: 'job.*' }))[Symbol.asyncIterator]()
      for (const worker of ['fetcher', 'validator'] as const) {
        await using as = await connectAs(nats, worker)
        const bucket = await new Kvm(jetstream(as.connection)).open(stream('LIVE'))
        await bucket.put('job.cid', worker)
        assert.deepEqual(as.refused, [])
        const { value } = await updates.next()
        assert.equal(value?.string(), worker)
        assert.equal((await view.get('job.cid'))?.string(), worker)
      }
      assert.deepEqual(gateway.refused, [])
    })

    await t.test('fetchers announce and withdraw their nodes, the gateway watches them', async () => {
      await using gateway = await connectAs(nats, 'gateway')
      const view = await new Kvm(jetstream(gateway.connection)).open(stream('LIVE'))
      const updates = (await view.watch({ key: 'node.*' }))[Symbol.asyncIterator]()
      await using as = await connectAs(nats, 'fetcher')
      const bucket = await new Kvm(jetstream(as.connection)).open(stream('LIVE'))
      await bucket.put('node.peer', 'announced')
      assert.equal((await updates.next()).value?.string(), 'announced')
      await bucket.delete('node.peer')
      assert.equal((await updates.next()).value?.operation, 'DEL')
      assert.deepEqual([...as.refused, ...gateway.refused], [])
    })

    await t.test('the gateway looks at the queues, and reads and removes dead letters', async () => {
      await using as = await connectAs(nats, 'gateway')
      await using admin = await connectAs(nats, 'admin')
      const { seq } = await jetstream(admin.connection).publish(subject('dlq.PIN_JOBS.fetcher.1'), 'letter')
      const { streams, consumers } = await jetstreamManager(as.connection, { checkAPI: false })
      for (const name of ['PIN_JOBS', 'PIN_EVENTS', 'ADVISORIES', 'DLQ']) await streams.info(stream(name))
      await consumers.info(stream('PIN_JOBS'), 'validator')
      await consumers.info(stream('ADVISORIES'), 'dead-letter-router')
      assert.equal((await streams.getMessage(stream('DLQ'), { seq }))?.string(), 'letter')
      assert.equal(await streams.deleteMessage(stream('DLQ'), seq), true)
      assert.deepEqual(as.refused, [])
    })

    const forbidden: [NatsUser, string, (name: string) => string][] = [
      ['producer', 'car.valid', subject],
      ['producer', 'pin.failed', subject],
      ['gateway', 'car.valid', subject],
      ['gateway', 'pin.failed', subject],
      ['gateway', 'car.indexed', subject],
      ['gateway', 'DLQ', name => `$JS.API.STREAM.PURGE.${stream(name)}`],
      ['gateway', 'PIN_JOBS', name => `$JS.API.CONSUMER.MSG.NEXT.${stream(name)}.fetcher`],
      ['fetcher', 'car.valid', subject],
      ['validator', 'car.uploaded', subject],
      ['validator', 'pin.cancelled', subject],
      ['validator', 'PIN_EVENTS', name => `$JS.API.CONSUMER.DELETE.${stream(name)}.indexer-bridge`],
      [
        'validator',
        'PIN_EVENTS',
        name => `$JS.API.CONSUMER.CREATE.${stream(name)}.mine.${subject('pin.failed')}`,
      ],
      ['validator', 'PIN_EVENTS', name => `$JS.API.CONSUMER.CREATE.${stream(name)}.mine`],
      [
        'status',
        'PIN_EVENTS',
        name => `$JS.API.CONSUMER.CREATE.${stream(name)}.mine.${subject('pin.cancelled')}`,
      ],
      // With '*' for a prefix, rights on one stream are rights on each.
      ...(prefix
        ? []
        : ([
            ['status', 'PIN_EVENTS', name => `$JS.API.STREAM.MSG.DELETE.${stream(name)}`],
            ['status', 'DLQ', name => `$JS.API.STREAM.MSG.DELETE.${stream(name)}`],
            ['status', 'DLQ', name => `$JS.API.STREAM.MSG.GET.${stream(name)}`],
            ['gateway', 'PIN_JOBS', name => `$JS.API.STREAM.MSG.DELETE.${stream(name)}`],
            ['gateway', 'PIN_EVENTS', name => `$JS.API.STREAM.MSG.GET.${stream(name)}`],
          ] satisfies typeof forbidden)),
      ['status', 'dlq.OTHER.fetcher.1', prefix ? () => `$JS.API.STREAM.PURGE.${stream('DLQ')}` : subject],
      ['indexer-bridge', 'car.valid', subject],
      ['validator', 'node.peer', name => `$KV.${stream('LIVE')}.${name}`],
      ['gateway', 'node.peer', name => `$KV.${stream('LIVE')}.${name}`],
      ['fetcher', 'other', name => `$KV.${stream('LIVE')}.${name}`],
      ['fetcher', 'PIN_JOBS', name => `$JS.API.STREAM.CREATE.${stream(name)}`],
      ['fetcher', 'PIN_JOBS', name => `$JS.API.STREAM.DELETE.${stream(name)}`],
      ['fetcher', 'PIN_JOBS', name => `$JS.API.CONSUMER.MSG.NEXT.${stream(name)}.validator`],
      ['fetcher', 'PIN_EVENTS', name => `$JS.API.CONSUMER.MSG.NEXT.${stream(name)}.status`],
      ['fetcher', 'PIN_EVENTS', name => `$JS.API.CONSUMER.DELETE.${stream(name)}.status`],
      [
        'fetcher',
        'PIN_EVENTS',
        name => `$JS.API.CONSUMER.CREATE.${stream(name)}.status.${subject('pin.cancelled')}`,
      ],
      [
        'fetcher',
        'PIN_EVENTS',
        name => `$JS.API.CONSUMER.CREATE.${stream(name)}.mine.${subject('car.valid')}`,
      ],
      ['provisioner', 'PIN_JOBS', name => `$JS.API.STREAM.DELETE.${stream(name)}`],
      ['provisioner', 'pin.requested', subject],
    ]
    for (const [user, name, target] of forbidden)
      await t.test(`${user} may not publish ${target(name)}`, { timeout: 10_000 }, async () => {
        await using as = await connectAs(nats, user)
        await assert.rejects(as.connection.request(target(name), '{}', { timeout: 2_000 }), isRefusal)
      })

    await t.test('no service reads the replies to another', { timeout: 10_000 }, async () => {
      await using as = await connectAs(nats, 'fetcher')
      for (const inbox of ['_INBOX.>', '_INBOX_gateway.>', '>']) {
        const iterator = as.connection.subscribe(inbox)[Symbol.asyncIterator]()
        await assert.rejects(iterator.next(), PermissionViolationError)
      }
    })
  })

function isRefusal(error: unknown): boolean {
  const reason = error instanceof RequestError ? error.cause : error
  return reason instanceof PermissionViolationError
}

type Connected = AsyncDisposable & { connection: NatsConnection; refused: string[] }

/** `refused` collects what the server refused later than in the answer to a call. */
async function connectAs({ natsUrl, users }: RunningNats, user: NatsUser): Promise<Connected> {
  const connection = await connect({
    servers: natsUrl,
    user,
    pass: users[user].password,
    inboxPrefix: `_INBOX_${user}`,
  })
  const refused: string[] = []
  const watching = (async () => {
    for await (const status of connection.status())
      if (status.type === 'error') refused.push(status.error.message)
  })()
  return {
    connection,
    refused,
    async [Symbol.asyncDispose]() {
      await connection.close()
      await watching
    },
  }
}
