import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { routedPath } from './routed-path.ts'

const timeout = 5_000

test('a path is read from every form of a target', { timeout }, () => {
  for (const [target, path] of [
    ['/psa/pins', '/psa/pins'],
    ['/psa/pins?a=/b', '/psa/pins'],
    ['/psa#x', '/psa'],
    ['http://host/psa/pins?x', '/psa/pins'],
    ['HTTPS://host:1/psa', '/psa'],
    ['http://host', '/'],
    ['http://host?x', '/'],
    ['/%70sa/pins', '/psa/pins'],
    ['/%2570sa/pins', '/%2570sa/pins'],
    ['/a%2Fb', '/a%2Fb'],
    ['/psa/%E0%A4%A', '/psa/%E0%A4%A'],
    ['ftp://host/psa', 'ftp://host/psa'],
  ] as const)
    assert.equal(routedPath(target), path, target)
})

test('it is the path by which the router finds a route', { timeout }, async () => {
  await using server = Object.assign(Fastify(), { [Symbol.asyncDispose]: () => server.close() })
  server.get('/psa/pins', () => 'found')
  for (const url of [
    '/%70sa/pins',
    '/psa/pins#x',
    '/psa/p%69ns?x',
    '/psa%2Fpins',
    '/%2570sa/pins',
    '//psa/pins',
  ]) {
    const { statusCode } = await server.inject(url)
    assert.equal(statusCode === 200, routedPath(url) === '/psa/pins', url)
  }
})
