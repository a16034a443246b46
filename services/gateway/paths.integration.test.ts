import assert from 'node:assert/strict'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { type KuboNode, startKuboNode } from '#libs/ipfs/testing/kubo-node.ts'
import { startTestApp, type TestApp } from './testing/test-app.ts'

const timeout = 60_000
const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
const v1 = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'
const unknown = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

let node: KuboNode
let app: TestApp
/** The CIDs of the files by their paths; of the root by ''. */
const leaves = new Map<string, string>()
const leaf = (path: string) => leaves.get(path) ?? ''
before(async () => {
  node = await startKuboNode()
  app = await startTestApp({ settings: { KUBO_API_URL: node.apiUrl, RESOLVE_TIMEOUT_MS: '500' } })
  const files = ['a/b/file.txt', 'ü b/100%.txt', 'a+b/c?d#e', '%2F/x'].map(path => ({ path, content: path }))
  const options = { wrapWithDirectory: true, cidVersion: 1, rawLeaves: true, pin: false } as const
  for await (const { path, cid } of node.client.addAll(files, options)) leaves.set(path, cid.toString())
})
after(async () => {
  await app[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

async function refused(method: 'POST' | 'DELETE', target: string) {
  const pinsBefore = await app.pinCount()
  const { status, text } = await app.call(method, target)
  const { code, message, ...more } = JSON.parse(text)
  assert.deepEqual([code, more], [status, {}], text)
  assert.equal(await app.pinCount(), pinsBefore)
  return { status, message: String(message) }
}

test('a plain CID is pinned and unpinned by path, in each namespace of roots', { timeout }, async () => {
  for (const namespace of ['ipfs', 'ipld']) {
    const made = await app.json('POST', `/pins/${namespace}/${v0}?name=by+path`)
    assert.deepEqual([made.cid, made.name, made.max_depth], [v0, 'by path', -1])
    assert.equal((await app.json('DELETE', `/pins/${namespace}/${v1}`)).cid, v1)
  }
})

test('a path below a root is pinned as what it leads to, and unpinned by the same path', {
  timeout,
}, async () => {
  const target = `/pins/ipfs/${leaf('')}/a/b/file.txt`
  const made = await app.json('POST', `${target}?name=leaf`)
  assert.deepEqual([made.cid, made.name], [leaf('a/b/file.txt'), 'leaf'])
  assert.equal((await app.json('GET', `/allocations/${made.cid}`)).name, 'leaf')
  assert.equal((await app.json('DELETE', target)).name, 'leaf')
  assert.equal((await refused('DELETE', target)).status, 404)
})

test('names with any characters are found, encoded as clients encode them', { timeout }, async () => {
  for (const [encoded, path] of [
    ['%C3%BC%20b/100%25.txt', 'ü b/100%.txt'],
    ['a+b/c%3Fd%23e', 'a+b/c?d#e'],
    ['a%2Fb%2Ffile.txt', 'a/b/file.txt'],
    ['%252F/x', '%2F/x'],
  ] as const) {
    const made = await app.json('POST', `/pins/ipfs/${leaf('')}/${encoded}`)
    assert.equal(made.cid, leaf(path), encoded)
  }
})

test('a path with dots is cleaned before it is resolved', { timeout }, async () => {
  const origin = await app.app.listen({ host: '127.0.0.1', port: 0 })
  /** By hand: `fetch` and `inject` clean the path themselves. */
  const post = (path: string) =>
    new Promise<{ status: number | undefined; body: { cid?: string; message?: string } }>(
      (resolve, reject) => {
        request(origin, { method: 'POST', path }, response => {
          json(response).then(
            body => resolve({ status: response.statusCode, body: body as { cid?: string } }),
            reject,
          )
        })
          .on('error', reject)
          .end()
      },
    )
  const root = leaf('')
  for (const path of ['a/./b/../b//file.txt', 'a/%2e%2e/a/b/file.txt', `../${root}/a/b/file.txt`]) {
    const { status, body } = await post(`/pins/ipfs/${root}/${path}`)
    assert.deepEqual([status, body.cid], [200, leaf('a/b/file.txt')], path)
  }
  for (const [path, message] of [
    [`${root}/..`, /path does not have enough components$/],
    [`${root}/../../etc/passwd`, /unknown namespace: "etc"$/],
  ] as const) {
    const { status, body } = await post(`/pins/ipfs/${path}`)
    assert.equal(status, 400, path)
    assert.match(body.message ?? '', message)
  }
})

test('a path that leads nowhere is 404 in the words of ipfs-cluster', { timeout }, async () => {
  const { status, message } = await refused('POST', `/pins/ipfs/${leaf('')}/nosuch`)
  assert.equal(status, 404)
  assert.equal(
    message,
    `IPFS error (resolve?arg=%2Fipfs%2F${leaf('')}%2Fnosuch). Code: 500. Message: no link named "nosuch" under ${leaf('')}`,
  )
})

test('a name that cannot be resolved is 404', { timeout }, async () => {
  const { status, message } = await refused(
    'POST',
    '/pins/ipns/k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8',
  )
  assert.equal(status, 404)
  assert.match(
    message,
    /^IPFS error \(resolve\?arg=%2Fipns%2Fk51.*\)\. Code: 500\. Message: could not resolve name$/,
  )
})

test('a root that nobody has is 504 when the time is over', { timeout }, async () => {
  const { status, message } = await refused('POST', `/pins/ipfs/${unknown}/a`)
  assert.deepEqual([status, message], [504, `Could not resolve /ipfs/${unknown}/a within 500 ms`])
})

test('what is no path is 400', { timeout }, async () => {
  for (const [target, expected] of [
    ['/pins/ipfs/notacid', /^error parsing path: invalid path "\/ipfs\/notacid": /],
    ['/pins/ipld/notacid/a', /^error parsing path: invalid path "\/ipld\/notacid\/a": /],
    [`/pins/ipfs/${v0}/..%2F..%2Fetc/passwd`, /unknown namespace: "etc"$/],
    [`/pins/ipfs/${v0}/%E0%A4%A`, /./],
    [`/pins/ipfs/${v0}/a?origins=nonsense`, /^error decoding multiaddress/],
  ] as const) {
    const { status, message } = await refused('POST', target)
    assert.equal(status, 400, target)
    assert.match(message, expected)
  }
})

test('without an IPFS node a plain CID is pinned by path, and all else says what is missing', {
  timeout,
}, async () => {
  await using bare = await startTestApp()
  assert.equal((await bare.json('POST', `/pins/ipfs/${v0}`)).cid, v0)
  for (const path of [`ipfs/${v0}/a`, 'ipns/example.org']) {
    const { status, text } = await bare.call('POST', `/pins/${path}`)
    assert.equal(status, 501)
    assert.match(JSON.parse(text).message, /KUBO_API_URL is not set$/)
  }
})

test('an IPFS node that is away is 503, and its address is not told', { timeout }, async () => {
  await using cutOff = await startTestApp({ settings: { KUBO_API_URL: 'http://127.0.0.1:1' } })
  const { status, headers, text } = await cutOff.call('POST', `/pins/ipfs/${v0}/a`)
  assert.equal(status, 503)
  assert.ok(headers['retry-after'])
  assert.deepEqual(JSON.parse(text), {
    code: 503,
    message: 'the IPFS node that resolves paths does not answer',
  })
})
