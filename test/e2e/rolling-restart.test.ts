import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { createClient } from './client.ts'
import { addBytes } from './content.ts'
import { deadLettersOf } from './dead-letters.ts'
import { nothingIsLeft } from './leftovers.ts'
import { type LoneService, startLoneService } from './lone-service.ts'
import { allHandled } from './messages.ts'
import { serviceNames, startPipeline } from './pipeline.ts'

const posters = 4

test('a rolling restart under load: no request fails but by a closed connection, no attempt counts as a failure', {
  timeout: 400_000,
}, async () => {
  // What is handed back must not have to wait for this.
  await using pipeline = await startPipeline({
    services: [],
    ackWaitMs: 60_000,
    settings: { LEASE_MS: '60000' },
  })
  const provider = await pipeline.startNode('provider')
  await using running = new AsyncDisposableStack()
  const start = async (name: (typeof serviceNames)[number]) =>
    running.use(await startLoneService(pipeline, name, { BATCH_SIZE: '2', LOCATE_CONCURRENCY: '4' }))
  const current = new Map<string, LoneService>()
  for (const name of serviceNames) current.set(name, await start(name))

  const restarted = new AbortController()
  running.defer(() => restarted.abort())
  const cids: string[] = []
  let closedConnections = 0
  /** As behind a proxy that knows which gateway is ready, and that tries another one only when a connection is closed. */
  async function pinOne(cid: string): Promise<void> {
    for (;;) {
      const { url } = current.get('gateway') ?? assert.fail('there is no gateway')
      try {
        await createClient({ url, auth: 'user:secret' }).pin(cid, { origins: provider.multiaddrs })
        return
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
        closedConnections++
      }
    }
  }
  async function post(): Promise<void> {
    while (!restarted.signal.aborted) {
      const cid = await addBytes(provider, randomBytes(20_000), 'cid-version=1&pin=false')
      await pinOne(cid)
      cids.push(cid)
      // One at a time: however long the restart takes, the load stays the same.
      const probe = async () => {
        const { rows } = await pipeline.database.query('select state from contents where cid = $1', [cid])
        assert.equal(rows[0]?.state, 'pinned')
      }
      await pollUntil(probe, { what: cid, timeoutMs: 60_000 })
    }
  }
  const posting = Promise.all(Array.from({ length: posters }, post))
  // Its failure is told when it is awaited.
  posting.catch(() => restarted.abort())

  for (const name of serviceNames) {
    const before = cids.length
    const next = await start(name)
    const old = current.get(name)
    current.set(name, next)
    old?.kill('SIGTERM')
    const { how } = (await old?.ended) ?? {}
    assert.equal(how, 'exit code 0', `${name}: ${old?.lastLines()}`)
    assert.ok(cids.length > before, 'pins are accepted all the time')
  }
  restarted.abort()
  await posting
  assert.ok(closedConnections <= posters, `${closedConnections} connections were closed`)

  const { url } = current.get('gateway') ?? assert.fail('there is no gateway')
  const client = createClient({ url, auth: 'user:secret' })
  for (const cid of cids) {
    const { status, error } = await client.settled(cid, { timeoutMs: 120_000 })
    assert.equal(status, 'pinned', error)
  }
  await allHandled(pipeline)
  const { rows } = await pipeline.database.query(
    'select cid, step, attempts, released, failures from jobs where failures > 0 or attempts <> released + 1',
  )
  assert.deepEqual(rows, [])
  assert.deepEqual(await deadLettersOf(pipeline), [])
  await nothingIsLeft(pipeline)
})
