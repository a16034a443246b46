import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError } from '#libs/config/index.ts'
import { readCredentials } from './credentials.ts'

const timeout = 5_000
const encode = (text: string) => Buffer.from(text).toString('base64')

async function withFile<T>(text: string, use: (file: string) => T): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'pickup-users-'))
  const file = join(folder, 'users')
  await writeFile(file, text)
  try {
    return use(file)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function refusalOf(sources: Parameters<typeof readCredentials>[0]): string {
  try {
    readCredentials(sources)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return assert.fail('the credentials were accepted')
}

test('without settings there is no user', { timeout }, () => {
  assert.equal(readCredentials({}).size, 0)
})

test('the users of all sources count together, and only the first colon divides', { timeout }, async () => {
  const text = '# people\r\nanna: a:b \r\n\r\n  \n# robots\nbot:#1\n'
  const credentials = await withFile(text, CLUSTER_BASIC_AUTH_FILE =>
    readCredentials({
      CLUSTER_BASIC_AUTH_TOKEN: encode('pickup:gehe:im'),
      CLUSTER_RESTAPI_BASICAUTHCREDENTIALS: 'user:pass,user2:pässwörd:2',
      CLUSTER_BASIC_AUTH_FILE,
    }),
  )
  assert.deepEqual(Object.fromEntries(credentials), {
    pickup: 'gehe:im',
    user: 'pass',
    user2: 'pässwörd:2',
    anna: ' a:b ',
    bot: '#1',
  })
})

test('a bad pair is named by its place, and not repeated', { timeout }, async () => {
  for (const pair of ['secret', ':secret', 'secret:', '']) {
    const list = refusalOf({ CLUSTER_RESTAPI_BASICAUTHCREDENTIALS: `a:b,${pair},c:d` })
    assert.match(list, /entry 2 of CLUSTER_RESTAPI_BASICAUTHCREDENTIALS is not user:password$/)
    assert.doesNotMatch(list, /secret/)
  }
  assert.match(
    refusalOf({ CLUSTER_BASIC_AUTH_TOKEN: encode('secret') }),
    /CLUSTER_BASIC_AUTH_TOKEN is not user:password$/,
  )
  await withFile('a:b\n\n# c\nsecret\n', file => {
    const message = refusalOf({ CLUSTER_BASIC_AUTH_FILE: file })
    assert.equal(message, `bad settings: line 4 of ${file} (CLUSTER_BASIC_AUTH_FILE) is not user:password`)
  })
})

test('a user who is named twice is refused: one of the passwords would be without effect', {
  timeout,
}, () => {
  const message = refusalOf({
    CLUSTER_BASIC_AUTH_TOKEN: encode('user:a'),
    CLUSTER_RESTAPI_BASICAUTHCREDENTIALS: 'user:b',
  })
  assert.match(message, /entry 1 of .* names a user a second time$/)
})

test('a file that cannot be read is named', { timeout }, () => {
  assert.match(refusalOf({ CLUSTER_BASIC_AUTH_FILE: '/nowhere/users' }), /\/nowhere\/users .*\(ENOENT\)$/)
})

test('a file without a user is refused: it must not open the API', { timeout }, () => {
  assert.match(refusalOf({ CLUSTER_BASIC_AUTH_FILE: '/dev/null' }), /\/dev\/null .* names no user$/)
})
