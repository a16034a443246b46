import assert from 'node:assert/strict'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTestFolder } from '#deploy/local/test-folder.ts'
import { profileFile, writeProfile } from './profile.ts'
import { findServer, readServerUrl } from './server.ts'

const timeout = 10_000

/** A home without anything in it, and a data folder in which a Pickup says that it runs. */
async function createHome() {
  const folder = await createTestFolder()
  const data = join(folder.path, 'data')
  await mkdir(data)
  const ready = { gatewayUrl: 'http://here:1', clusterBasicAuth: 'user:local', psa: { token: 'local' } }
  await writeFile(join(data, 'ready.json'), JSON.stringify(ready))
  const env = { XDG_CONFIG_HOME: join(folder.path, 'config'), HOME: folder.path }
  return { data, env, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

test('flags go before the environment, the environment before the profile', { timeout }, async () => {
  await using home = await createHome()
  await writeProfile({ url: 'http://profile', token: 'p' }, home.env)
  assert.deepEqual(await findServer({}, home.env), { url: 'http://profile', token: 'p' })
  const env = { ...home.env, PICKUP_URL: 'http://env/', PICKUP_TOKEN: 'e', PICKUP_CLUSTER_AUTH: 'a:b' }
  assert.deepEqual(await findServer({}, env), { url: 'http://env', token: 'e', clusterAuth: 'a:b' })
  assert.deepEqual(await findServer({ url: 'http://flag/psa', token: 'f', 'cluster-auth': 'c:d' }, env), {
    url: 'http://flag',
    token: 'f',
    clusterAuth: 'c:d',
  })
})

test('a kept token is sent to the server that it is for, and to no other', { timeout }, async () => {
  await using home = await createHome()
  await writeProfile({ url: 'http://profile', token: 'p', clusterAuth: 'a:b' }, home.env)
  const found = await findServer({ url: 'http://profile/psa/' }, home.env)
  assert.deepEqual(found, { url: 'http://profile', token: 'p', clusterAuth: 'a:b' })
  await assert.rejects(findServer({ url: 'http://other' }, home.env), {
    kind: 'unauthorized',
    message: /no token/,
  })
  assert.deepEqual(await findServer({ url: 'http://other', token: 't' }, home.env), {
    url: 'http://other',
    token: 't',
  })
})

test('the Pickup of a data folder is found with all its credentials', { timeout }, async () => {
  await using home = await createHome()
  const found = await findServer({ data: home.data }, { ...home.env, PICKUP_URL: 'http://env' })
  assert.deepEqual(found, { url: 'http://here:1', token: 'local', clusterAuth: 'user:local' })
  await assert.rejects(findServer({ data: `${home.data}/none` }, home.env), {
    kind: 'unreachable',
    message: /no Pickup runs over/,
  })
})

test('the profile is readable by its owner only, and a broken one is named', { timeout }, async () => {
  await using home = await createHome()
  const file = await writeProfile({ url: 'http://a', token: 't' }, home.env)
  assert.equal(file, profileFile(home.env))
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  await writeFile(file, '{')
  await assert.rejects(findServer({}, home.env), { kind: 'usage', message: /config\.json cannot be read/ })
})

test('an address is taken with and without the path of the API', { timeout }, () => {
  for (const text of ['http://h:1', 'http://h:1/', 'http://h:1/psa', 'http://h:1/psa/'])
    assert.equal(readServerUrl(text), 'http://h:1', text)
  assert.equal(readServerUrl('https://h/pickup/psa'), 'https://h/pickup')
  for (const text of ['h:1', '127.0.0.1:9094', 'ftp://h', ''])
    assert.throws(() => readServerUrl(text), { kind: 'usage', message: /is no address/ }, text)
})
