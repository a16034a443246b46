import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base16 } from 'multiformats/bases/base16'
import { CID } from 'multiformats/cid'
import { rawBlock } from '#libs/car/testing/test-blocks.ts'
import { addBytes } from '../content.ts'
import type { Pickups } from './cluster-api.ts'

const timeout = 30_000
const cid = rawBlock('of the protocol').cid.toString()

/** The 24 routes of ipfs-cluster 1.1.6 (api/rest/restapi.go, `routes`). */
const routes = [
  'GET /id',
  'GET /version',
  'GET /peers',
  'POST /peers',
  'DELETE /peers/12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY',
  'POST /add',
  'GET /allocations',
  `GET /allocations/${cid}`,
  'GET /pins',
  `POST /pins/${cid}/recover`,
  'POST /pins/recover',
  `GET /pins/${cid}`,
  `POST /pins/${cid}`,
  `POST /pins/ipfs/${cid}`,
  `DELETE /pins/ipfs/${cid}`,
  `DELETE /pins/${cid}`,
  'POST /ipfs/gc',
  'GET /health',
  'GET /health/graph',
  'GET /health/alerts',
  'GET /health/bandwidth',
  'GET /monitor/metrics',
  'GET /monitor/metrics/ping',
  'POST /token',
]

/** Routes, errors, credentials, and what clients ask before they pin anything. */
export function testProtocol(pickups: () => Pickups): void {
  test('1: all 24 routes are there', { timeout }, async () => {
    assert.equal(routes.length, 24)
    for (const route of routes) {
      const [method = '', target = ''] = route.split(' ')
      const { status, body } = await pickups().idle.call(method, target)
      assert.ok(status !== 405 && !body.includes('"not found"'), `${route} -> ${status} ${body}`)
    }
  })

  test('2: a path is pinned and unpinned', { timeout }, async () => {
    const { api } = pickups()
    assert.equal((await api.ok('POST', `/pins/ipfs/${cid}?name=by+path`)).name, 'by path')
    assert.equal((await api.ok('DELETE', `/pins/ipfs/${cid}`)).cid, cid)
  })

  test('4: every error is a code and a message', { timeout }, async () => {
    const { idle } = pickups()
    const refused: Record<string, number> = {
      'GET /nosuch': 404,
      'PUT /pins': 405,
      'GET /pins/notacid': 400,
      'POST /pins/ipfs/notacid': 400,
      'GET /pins?filter=bogus': 400,
      [`GET /allocations/${rawBlock('unknown').cid.toString()}`]: 404,
      [`DELETE /pins/${rawBlock('unknown').cid.toString()}`]: 404,
      [`POST /pins/${cid}?expire-in=soon`]: 400,
    }
    for (const [request, code] of Object.entries(refused)) {
      const [method = '', target = ''] = request.split(' ')
      const { status, headers, body } = await idle.call(method, target)
      assert.equal(status, code, request)
      assert.match(headers['content-type']?.toString() ?? '', /^application\/json/)
      assert.equal(JSON.parse(body).code, code, request)
      assert.ok(JSON.parse(body).message.length > 0, request)
    }
  })

  test('22: the one peer is the same in every answer', { timeout }, async () => {
    const { api, idle } = pickups()
    const { id, peername } = await api.ok('GET', '/id')
    assert.equal((await idle.ok('GET', '/id')).id, id, 'of every gateway')
    assert.deepEqual(Object.keys((await api.ok('GET', `/pins/${cid}`)).peer_map), [id])
    assert.equal((await api.entry(cid)).peername, peername)
    const [peer] = await api.list('/peers')
    assert.equal(peer.id, id)
  })

  test('24: Basic in any case, Bearer from /token, and what is missing is said', { timeout }, async () => {
    const { idle } = pickups()
    const secret = Buffer.from('user:secret').toString('base64')
    for (const scheme of ['Basic', 'basic', 'BASIC'])
      assert.equal(
        (await idle.call('GET', '/id', { authorization: `${scheme} ${secret}` })).status,
        200,
        scheme,
      )
    const { token } = await idle.ok('POST', '/token')
    assert.equal((await idle.call('GET', '/id', { authorization: `Bearer ${token}` })).status, 200)
    const realm = 'realm="Restricted IPFS Cluster API"'
    const wrong = Buffer.from('user:wrong').toString('base64')
    const refusals: [authorization: string, message: string, challenges: string[]][] = [
      [`Basic ${wrong}`, 'unauthorized: access denied', [`Basic ${realm}`]],
      ['Bearer abc', 'unauthorized: invalid token', [`Bearer ${realm}, error="invalid_token"`]],
      ['', 'unauthorized: no auth provided', [`Basic ${realm}`, `Bearer ${realm}`]],
    ]
    for (const [authorization, message, challenges] of refusals) {
      const { status, headers, body } = await idle.call('GET', '/id', { authorization })
      assert.equal(status, 401)
      assert.deepEqual(JSON.parse(body), { code: 401, message })
      assert.deepEqual([headers['www-authenticate'] ?? []].flat().toSorted(), challenges)
    }
  })

  test('27: one CID in another base or version is the same pin', { timeout }, async () => {
    const { api, pipeline } = pickups()
    const v0 = await addBytes(pipeline.kubo, new Uint8Array(300_000).fill(27), 'cid-version=0')
    const v1 = CID.parse(v0).toV1()
    await api.ok('POST', `/pins/${v0}?name=one`)
    for (const text of [v0, v1.toString(), v1.toString(base16)])
      assert.equal((await api.ok('GET', `/allocations/${text}`)).name, 'one', text)
    const found = (await api.list('/allocations')).filter(pin => pin.name === 'one')
    assert.equal(found.length, 1)
    await api.ok('DELETE', `/pins/${v1.toString(base16)}`)
    assert.equal((await api.entry(v0)).status, 'unpinned')
  })

  test('28: a trailing slash redirects, with the query', { timeout }, async () => {
    const { status, headers } = await pickups().idle.call('GET', `/pins/?cids=${cid}`)
    assert.equal(status, 307)
    assert.equal(headers['location'], `/pins?cids=${cid}`)
    const posted = await pickups().idle.call('POST', `/pins/${cid}/`)
    assert.equal(posted.status, 307, 'the client repeats it with its method')
  })

  test('30: health without credentials, version, id', { timeout }, async () => {
    const { idle } = pickups()
    const health = await idle.call('GET', '/health', { authorization: '' })
    assert.equal(health.status, 204)
    assert.equal(health.body, '')
    assert.match((await idle.ok('GET', '/version')).version, /^1\.1\.6/)
    assert.equal((await idle.ok('GET', '/id')).rpc_protocol_version, '/ipfscluster/1.0/rpc')
  })
}
