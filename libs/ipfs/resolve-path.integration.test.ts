import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, test } from 'node:test'

import { CID } from 'multiformats/cid'

import { createPathResolver } from './resolve-path.ts'
import { enoughTime } from './testing/connect-node.ts'
import { type KuboNode, startKuboNode } from './testing/kubo-node.ts'

const timeout = 60_000
const unknownCid = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

let node: KuboNode
let root: string
const leaves = new Map<string, string>()
before(async () => {
  node = await startKuboNode()
  const files = ['a/b/file.txt', 'ü b/100%.txt'].map(path => ({ path, content: path }))
  const options = { wrapWithDirectory: true, cidVersion: 1, rawLeaves: true, pin: false } as const
  for await (const { path, cid } of node.client.addAll(files, options)) leaves.set(path, cid.toString())
  root = leaves.get('') ?? ''
})
after(() => node[Symbol.asyncDispose]())

const resolve = (path: string) => createPathResolver(node.apiUrl)(path, enoughTime())

test('a path below a root ends at the CID of the file, whatever characters its names have', {
  timeout,
}, async () => {
  for (const [path, cid] of leaves) assert.equal(await resolve(`/ipfs/${root}/${path}`), cid, path)
})

test('a path over links of dag-cbor ends at the last block, even when it goes on inside of it', {
  timeout,
}, async () => {
  const block = await node.client.dag.put({ x: { y: 1 }, link: CID.parse(root) })
  assert.equal(await resolve(`/ipld/${block.toString()}/link`), root)
  assert.equal(await resolve(`/ipfs/${block.toString()}/link/a/b/file.txt`), leaves.get('a/b/file.txt'))
  assert.equal(await resolve(`/ipld/${block.toString()}/x/y`), block.toString())
})

test('a path that leads nowhere is not-found, in the words of Kubo', { timeout }, async () => {
  await assert.rejects(resolve(`/ipfs/${root}/nosuch`), {
    name: 'TransientError',
    code: 'not-found',
    message: `no link named "nosuch" under ${root}`,
  })
  await assert.rejects(resolve('/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8'), {
    code: 'not-found',
    message: 'could not resolve name',
  })
})

test('a root that nobody has is timed-out when the time is over', { timeout }, async () => {
  const resolvePath = createPathResolver(node.apiUrl)
  await assert.rejects(resolvePath(`/ipfs/${unknownCid}/a`, { ...enoughTime(), timeoutMs: 300 }), {
    name: 'TransientError',
    code: 'timed-out',
  })
})

test('a node that is not there is source-unavailable', { timeout }, async () => {
  const closed = createServer().listen(0, '127.0.0.1')
  await new Promise(listening => closed.once('listening', listening))
  const { port } = closed.address() as AddressInfo
  await new Promise(done => closed.close(done))
  await assert.rejects(createPathResolver(`http://127.0.0.1:${port}`)(`/ipfs/${root}/a`, enoughTime()), {
    name: 'TransientError',
    code: 'source-unavailable',
  })
})

test('resolving stops with the reason of the caller', { timeout }, async () => {
  const stop = new AbortController()
  const options = { timeoutMs: 20_000, signal: stop.signal }
  const resolved = createPathResolver(node.apiUrl)(`/ipfs/${unknownCid}/a`, options)
  const reason = new Error('the client is gone')
  stop.abort(reason)
  await assert.rejects(resolved, error => error === reason)
})
