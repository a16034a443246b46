import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { createIpfsCommand, type IpfsCommand, type RemotePin } from '../clients/psa-kubo.ts'
import { createPinningToken } from '../clients/psa-token.ts'
import { addBytes, rpc } from './content.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const timeout = 120_000
const remote = '--service=pickup'
const allStates = '--status=queued,pinning,pinned,failed'

let pipeline: Pipeline
let caller: RunningKubo
let ipfs: IpfsCommand

/*
 * The caller's node is known to nobody and behind no address that the fetcher dials: contents only flow because Kubo
 * connects to the delegates of each answer.
 */
before(
  async () => {
    pipeline = await startPipeline({ services: ['status', 'indexer-bridge', 'validator', 'gateway'] })
    caller = await pipeline.startNode('caller', { mfsPinPollInterval: '500ms' })
    await pipeline.startService('fetcher', {
      settings: { ALLOW_PRIVATE_ORIGINS: 'false', LOCATE_TIMEOUT_MS: '4000' },
    })
    await gatewayKnowsTheNode()
    ipfs = createIpfsCommand(pipeline.servers.binaries.kubo, caller)
    await addService('pickup', 'caller')
  },
  { timeout },
)
after(() => pipeline[Symbol.asyncDispose]())

async function addService(name: string, account: string): Promise<void> {
  const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? assert.fail('no database')
  const token = await createPinningToken(databaseUrl, account)
  const endpoint = `${pipeline.gatewayUrl}/psa`
  const { exitCode, stderr } = await ipfs.run('pin', 'remote', 'service', 'add', name, endpoint, token)
  assert.equal(exitCode, 0, stderr)
}

const gatewayKnowsTheNode = () =>
  pollUntil(
    async () => {
      const { body } = await pipeline.client.request('GET', '/health/graph')
      assert.ok(body.includes(pipeline.kubo.peerId), body)
    },
    { what: 'the view of the live nodes', timeoutMs: 20_000 },
  )

const newContent = () => addBytes(caller, randomBytes(2_000), 'cid-version=1&pin=false')
const add = (cid: string, ...options: string[]) =>
  ipfs.json<RemotePin>('pin', 'remote', 'add', remote, ...options, cid)
const list = (...filters: string[]) => ipfs.json<RemotePin>('pin', 'remote', 'ls', remote, ...filters)
const remove = (...filters: string[]) => ipfs.run('pin', 'remote', 'rm', remote, ...filters)

/** Waits until as many pins match. */
const listed = (count: number, ...filters: string[]) =>
  pollUntil(
    async () => {
      const found = await list(...filters)
      assert.equal(found.length, count)
      return found
    },
    { what: `${count} pins`, timeoutMs: 60_000, intervalMs: 200 },
  )

test('content that only the caller has ends pinned, though nobody can dial the caller', {
  timeout,
}, async () => {
  assert.ok(!(await rpc(caller, 'swarm/peers')).includes(pipeline.kubo.peerId), 'already connected')
  const cid = await addBytes(caller, randomBytes(3_000_000), 'cid-version=1&pin=false')
  assert.deepEqual(await add(cid, '--name=mine'), [{ Status: 'pinned', Cid: cid, Name: 'mine' }])
  assert.ok((await rpc(caller, 'swarm/peers')).includes(pipeline.kubo.peerId))
  await pipeline.logged('fetcher', new RegExp(`${caller.peerId}.*an address of a private network`))
})

suite('with a node that is connected', { concurrency: 4 }, () => {
  test('a pin in the background is answered at once and ends pinned', { timeout }, async () => {
    const cid = await newContent()
    const [answer] = await add(cid, '--background', '--name=background')
    assert.equal(answer?.Cid, cid)
    assert.match(answer.Status, /^(queued|pinning)$/)
    assert.deepEqual(await listed(1, `--cid=${cid}`), [{ Status: 'pinned', Cid: cid, Name: 'background' }])
  })

  test('a list over several pages has every pin once, the newest first', { timeout }, async () => {
    const cids: string[] = []
    for (let pin = 0; pin < 27; pin++) {
      const cid = await newContent()
      await add(cid, '--background', '--name=many')
      cids.unshift(cid)
    }
    const found = await listed(cids.length, '--name=many')
    assert.deepEqual(
      found.map(({ Cid }) => Cid),
      cids,
    )
  })

  test('lists are filtered by name, by CID and by state', { timeout }, async () => {
    const [one, other] = [await newContent(), await newContent()]
    await add(one, '--name=filtered/one')
    await add(other, '--name=filtered/other')
    const pinOfOne = { Status: 'pinned', Cid: one, Name: 'filtered/one' }
    const pinOfOther = { Status: 'pinned', Cid: other, Name: 'filtered/other' }
    assert.deepEqual(await list('--name=filtered/one'), [pinOfOne])
    assert.deepEqual(await list('--name=filtered'), [])
    assert.deepEqual(await list(`--cid=${one}`, `--cid=${other}`), [pinOfOther, pinOfOne])
    assert.deepEqual(await list(`--cid=${one}`, '--name=filtered/other'), [])
    assert.deepEqual(await list(`--cid=${one}`, allStates), [pinOfOne])
    assert.deepEqual(await list(`--cid=${one}`, '--status=queued,pinning,failed'), [])
  })

  test('a pin is removed by CID, and of several only with force or by name', { timeout }, async () => {
    const cid = await newContent()
    for (const name of ['first', 'second', 'third']) await add(cid, `--name=${name}`)
    const refused = await remove(`--cid=${cid}`)
    assert.equal(refused.exitCode, 1)
    assert.match(refused.stderr, /multiple remote pins are matching/)
    assert.equal((await remove('--name=second', `--cid=${cid}`)).exitCode, 0)
    assert.deepEqual(
      (await list(`--cid=${cid}`)).map(({ Name }) => Name),
      ['third', 'first'],
    )
    assert.equal((await remove(`--cid=${cid}`, '--force')).exitCode, 0)
    assert.deepEqual(await list(`--cid=${cid}`, allStates), [])
  })

  test('the statistics of a service are exact, from an empty account on', { timeout }, async () => {
    await addService('counted', 'counted')
    assert.deepEqual(await statOf('counted'), { Queued: 0, Pinning: 0, Pinned: 0, Failed: 0 })
    const cid = await newContent()
    for (const name of ['a', 'b', 'c'])
      await ipfs.json('pin', 'remote', 'add', '--service=counted', `--name=${name}`, cid)
    assert.deepEqual(await statOf('counted'), { Queued: 0, Pinning: 0, Pinned: 3, Failed: 0 })
  })

  test('the wait for content that nobody has ends, and the pin is listed as failed', {
    timeout,
  }, async () => {
    const cid = rawBlock('nobody has this').cid.toString()
    const added = await ipfs.run('pin', 'remote', 'add', remote, '--name=nowhere', cid)
    assert.equal(added.exitCode, 1)
    assert.match(added.stderr, /remote service failed to pin/)
    assert.deepEqual(await list('--name=nowhere'), [])
    const failed = [{ Status: 'failed', Cid: cid, Name: 'nowhere' }]
    assert.deepEqual(await list('--name=nowhere', '--status=failed'), failed)
  })

  test('the MFS policy keeps one pin, of the newest root of the mutable file system', {
    timeout,
  }, async () => {
    await addService('mfs', 'mfs')
    const policy = JSON.stringify({ Enable: true, PinName: 'my/files', RepinInterval: '1s' })
    const set = await ipfs.run('config', '--json', 'Pinning.RemoteServices.mfs.Policies.MFS', policy)
    assert.equal(set.exitCode, 0, set.stderr)
    for (const file of ['first', 'second']) {
      await rpc(caller, `files/cp?arg=/ipfs/${await newContent()}&arg=/${file}`)
      await newestRootIsPinned()
    }
  })
})

async function newestRootIsPinned(): Promise<void> {
  const { Hash: root } = JSON.parse(await rpc(caller, 'files/stat?arg=/'))
  const pins = () =>
    ipfs.json<RemotePin>('pin', 'remote', 'ls', '--service=mfs', '--name=my/files', allStates)
  await pollUntil(
    async () => assert.deepEqual(await pins(), [{ Status: 'pinned', Cid: root, Name: 'my/files' }]),
    { what: 'the pin of the policy', timeoutMs: 60_000, intervalMs: 200 },
  )
}

type Stat = { RemoteServices: { Service: string; Stat: { Status: string; PinCount: unknown } }[] }

async function statOf(service: string): Promise<unknown> {
  const [answer] = await ipfs.json<Stat>('pin', 'remote', 'service', 'ls', '--stat')
  const found = answer?.RemoteServices.find(({ Service }) => Service === service)
  assert.equal(found?.Stat.Status, 'valid')
  return found.Stat.PinCount
}
