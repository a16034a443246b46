import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { Cluster } from '@nftstorage/ipfs-cluster'
import { buildCar, buildTree, testBytes } from '#libs/car/testing/build-car.ts'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { type CheckingProxy, startCheckingProxy } from '../clients/checking-proxy.ts'
import { isPeerId } from '../clients/go-values.ts'
import { addBytes, addDirectory } from './content.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const timeout = 60_000
let pipeline: Pipeline
let proxy: CheckingProxy
let cluster: Cluster
before(async () => {
  pipeline = await startPipeline()
  proxy = await startCheckingProxy(pipeline.gatewayUrl)
  cluster = clientOf('user:secret')
})
after(async () => {
  await proxy[Symbol.asyncDispose]()
  await pipeline[Symbol.asyncDispose]()
  assert.deepEqual(proxy.problems(), [], 'the Go client could read every answer')
})

const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`
const clientOf = (credentials: string) =>
  new Cluster(proxy.url, { headers: { authorization: basic(credentials) } })
const nobodyHas = (what: string) => rawBlock(`nobody has ${what}`).cid.toString()
const content = (seed: number) => addBytes(pipeline.kubo, testBytes(2_000, seed))
const statusOf = async (cid: string) => Object.values((await cluster.status(cid)).peerMap)[0]

/** `@nftstorage/ipfs-cluster` 5.0.1, the client of nft.storage and web3.storage: every method it has. */
suite('the JavaScript client', { concurrency: 4 }, () => {
  test('version', { timeout }, async () => assert.match(await cluster.version(), /^1\.1\.6/))

  test('info', { timeout }, async () => {
    const info = await cluster.info()
    assert.ok(isPeerId(info.id))
    assert.equal(info.peerName, 'pickup')
    assert.equal(info.rpcProtocolVersion, '/ipfscluster/1.0/rpc')
    assert.deepEqual(info.clusterPeers, [info.id])
    assert.ok(isPeerId(info.ipfs.id), 'the IPFS node of the fetcher')
  })

  test('peerList', { timeout }, async () =>
    assert.deepEqual(await cluster.peerList(), [await cluster.info()]),
  )

  test('metricNames', { timeout }, async () => assert.ok((await cluster.metricNames()).includes('ping')))

  test('add', { timeout }, async () => {
    const text = 'added by the JavaScript client'
    const added = await cluster.add(new File([text], 'hello.txt'), { name: 'js', metadata: { a: 'b' } })
    assert.equal(added.cid, rawBlock(text).cid.toString())
    assert.equal(added.name, 'hello.txt')
    assert.equal(added.size, text.length)
    assert.equal((await pipeline.client.settled(added.cid)).status, 'pinned')
    const pin = await cluster.allocation(added.cid)
    assert.equal(pin.name, 'js')
    assert.deepEqual(pin.metadata, { a: 'b' })
  })

  test('add of a file of many blocks', { timeout }, async () => {
    const { cid } = await cluster.add(new Blob([testBytes(3_000_000, 301)]))
    const pinned = await pipeline.client.settled(cid)
    assert.equal(pinned.status, 'pinned', pinned.error)
    assert.ok((pinned.receipt?.blocks ?? 0) > 10)
  })

  test('addDirectory', { timeout }, async () => {
    const files = ['one', 'two'].map(text => new File([`in a directory: ${text}`], `${text}.txt`))
    const added = await cluster.addDirectory(files)
    assert.deepEqual(
      added.map(({ name }) => name),
      ['one.txt', 'two.txt', ''],
    )
    const root = added.at(-1)?.cid ?? ''
    assert.equal((await pipeline.client.settled(root)).receipt?.blocks, 3)
  })

  test('addCAR', { timeout }, async () => {
    const dag = buildTree({ leaves: 4, leafBytes: 900, seed: 302 })
    const added = await cluster.addCAR(new Blob([new Uint8Array(buildCar(dag))]), { name: 'a CAR' })
    assert.equal(added.cid, dag.root.toString())
    const pinned = await pipeline.client.settled(added.cid)
    assert.equal(pinned.status, 'pinned', pinned.error)
    assert.equal(pinned.name, 'a CAR')
  })

  test('pin of a CID, with options', { timeout }, async () => {
    const cid = await content(303)
    const expireAt = new Date(Date.now() + 3_600_000)
    const options = {
      name: 'with options',
      metadata: { key: 'ü' },
      expireAt,
      replicationFactorMin: 1,
      replicationFactorMax: 2,
    }
    const pin = await cluster.pin(cid, options)
    assert.equal(pin.cid, cid)
    assert.equal(pin.type, 'pin')
    assert.equal(pin.mode, 'recursive')
    assert.equal(pin.maxDepth, -1)
    assert.deepEqual({ ...pin, ...options }, pin, 'every option is answered')
  })

  test('pin with origins fetches from them', { timeout }, async () => {
    const provider = await pipeline.startNode('js-provider')
    const cid = await addBytes(provider, testBytes(5_000, 304))
    await cluster.pin(cid, { origins: provider.multiaddrs })
    assert.equal((await pipeline.client.settled(cid)).status, 'pinned')
  })

  test('pin of a path', { timeout }, async () => {
    const root = await addDirectory(pipeline.kubo, ['by a path of the JavaScript client'])
    const pin = await cluster.pin(`/ipfs/${root}/entry-0`)
    assert.equal(pin.cid, rawBlock('by a path of the JavaScript client').cid.toString())
    assert.equal((await cluster.unpin(`/ipfs/${root}/entry-0`)).cid, pin.cid)
  })

  test('unpin', { timeout }, async () => {
    const cid = await content(305)
    await cluster.pin(cid, { name: 'to be removed' })
    assert.equal((await cluster.unpin(cid)).name, 'to be removed')
    assert.equal((await statusOf(cid))?.status, 'unpinned')
    await assert.rejects(cluster.unpin(cid), /^Error: 404: Not Found$/)
  })

  test('status, from the first moment on', { timeout }, async () => {
    const cid = await content(306)
    await cluster.pin(cid, { name: 'watched' })
    const first = await statusOf(cid)
    assert.match(first?.status ?? '', /^(pin_queued|pinning|pinned)$/)
    assert.equal(first?.peerName, 'pickup')
    assert.ok(Math.abs(first.timestamp.getTime() - Date.now()) < 30_000)
    await pipeline.client.settled(cid)
    assert.deepEqual(
      { ...(await cluster.status(cid, { local: true })).peerMap },
      (await cluster.status(cid)).peerMap,
    )
    assert.equal((await statusOf(cid))?.status, 'pinned')
  })

  test('statusAll of CIDs, in any number, known or not', { timeout }, async () => {
    const cid = await content(307)
    await cluster.pin(cid)
    const cids = [cid, nobodyHas('this'), cid]
    const found = await cluster.statusAll({ cids })
    assert.deepEqual(found.map(status => status.cid).toSorted(), cids.toSorted())
  })

  test('statusAll with a filter', { timeout }, async () => {
    const [pinned, failed] = [await content(308), nobodyHas('what fails')]
    await Promise.all([cluster.pin(pinned), cluster.pin(failed)])
    await Promise.all([pinned, failed].map(cid => pipeline.client.settled(cid)))
    const cidsOf = async (filter: ('pinned' | 'pin_error')[]) =>
      (await cluster.statusAll({ filter }))
        .map(({ cid }) => cid)
        .filter(cid => cid === pinned || cid === failed)
    assert.deepEqual(await cidsOf(['pinned']), [pinned])
    assert.deepEqual(await cidsOf(['pin_error']), [failed])
    assert.deepEqual((await cidsOf(['pinned', 'pin_error'])).toSorted(), [pinned, failed].toSorted())
    assert.ok((await cluster.statusAll()).length >= 2)
  })

  test('statusAll of nothing is empty and no error', { timeout }, async () =>
    assert.deepEqual(await cluster.statusAll({ filter: ['sharded'] }), []),
  )

  test('allocation', { timeout }, async () => {
    const cid = nobodyHas('what is allocated')
    await cluster.pin(cid, { name: 'allocated' })
    assert.equal((await cluster.allocation(cid)).name, 'allocated')
    await assert.rejects(cluster.allocation(nobodyHas('what is not')), /^Error: 404: Not Found$/)
  })

  test('recover', { timeout }, async () => {
    const cid = nobodyHas('what is recovered')
    await cluster.pin(cid)
    const failed = await pipeline.client.settled(cid)
    assert.equal(failed.status, 'pin_error')
    const recovered = Object.values((await cluster.recover(cid)).peerMap)[0]
    assert.equal(recovered?.status, 'pin_queued')
    assert.equal(recovered.error, '')
  })

  test('wrong credentials', { timeout }, async () => {
    const stranger = clientOf('user:wrong')
    const calls = [stranger.version(), stranger.info(), stranger.statusAll(), stranger.pin(nobodyHas('x'))]
    await Promise.all(calls.map(call => assert.rejects(call, /^Error: 401: Unauthorized$/)))
    await assert.rejects(new Cluster(proxy.url).version(), /^Error: 401: Unauthorized$/)
  })
})
