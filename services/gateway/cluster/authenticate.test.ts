import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createTestServer } from '#libs/http/testing/test-server.ts'
import { authenticate } from './authenticate.ts'
import { addPostToken } from './post-token.ts'

const timeout = 5_000
const users = new Map([
  ['user', 'secret'],
  ['Jürgen', 'pä:ss:'],
])
const encode = (text: string) => Buffer.from(text).toString('base64')
const basic = (text: string) => `Basic ${encode(text)}`
const seconds = () => Math.floor(Date.now() / 1000)

async function serverOf() {
  const server = createTestServer()
  await authenticate(server, users)
  server.get('/private', ({ user }) => ({ user: user.iss }))
  server.get('/public', { config: { public: true } }, () => ({}))
  addPostToken(server, { isOpen: false })
  return server
}

async function answerTo(url: string, authorization?: string, method: 'GET' | 'POST' | 'OPTIONS' = 'GET') {
  await using server = await serverOf()
  const answer = await server.inject({ method, url, headers: authorization ? { authorization } : {} })
  const { statusCode, headers, body } = answer
  return { statusCode, challenges: headers['www-authenticate'], body }
}

type Token = { alg?: string; password?: string; claims?: object }

/** A token made without the library that checks it. */
function tokenOf({ alg = 'HS256', password = 'secret', claims = { iss: 'user' } }: Token = {}): string {
  const signed = [{ alg, typ: 'JWT' }, claims]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[alg] ?? 'sha256'
  const signature = createHmac(hash, password).update(signed).digest('base64url')
  return `${signed}.${alg === 'none' ? '' : signature}`
}

test('the right user and password open a route, in any letters', { timeout }, async () => {
  for (const [user, password] of users) {
    const { statusCode, body } = await answerTo('/private', basic(`${user}:${password}`))
    assert.deepEqual([statusCode, body], [200, `{"user":"${user}"}\n`])
  }
  assert.equal((await answerTo('/private', `bASIC ${encode('user:secret')}`)).statusCode, 200)
})

test('wrong credentials are refused in the words of ipfs-cluster', { timeout }, async () => {
  const wrong = ['user:wrong', 'user:', ':secret', ':', 'user:secret ', 'User:secret', 'user:secre']
  for (const text of [...wrong, 'user:secret2', 'Jürgen:secret', 'nobody:', 'nobody:secret'])
    assert.deepEqual(await answerTo('/private', basic(text)), {
      statusCode: 401,
      challenges: ['Basic realm="Restricted IPFS Cluster API"'],
      body: '{"code":401,"message":"unauthorized: access denied"}\n',
    })
})

test('who gives no credentials, or none that can be read, gets both challenges', { timeout }, async () => {
  const unreadable = [
    'Basic',
    'Basic !!',
    'Basic dXNlcg',
    basic('user'),
    'Digest x',
    `Basic  ${encode('a:b')}`,
  ]
  for (const authorization of [undefined, ...unreadable, encode('user:secret')])
    assert.deepEqual(
      await answerTo('/private', authorization),
      {
        statusCode: 401,
        challenges: [
          'Bearer realm="Restricted IPFS Cluster API"',
          'Basic realm="Restricted IPFS Cluster API"',
        ],
        body: '{"code":401,"message":"unauthorized: no auth provided"}\n',
      },
      authorization,
    )
})

test('a token with any HMAC by the password of its issuer opens a route', { timeout }, async () => {
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    assert.equal((await answerTo('/private', `Bearer ${tokenOf({ alg })}`)).body, '{"user":"user"}\n')
    assert.equal((await answerTo('/private', `bearer ${tokenOf({ alg })}`)).statusCode, 200)
  }
  const other = tokenOf({
    password: 'pä:ss:',
    claims: { iss: 'Jürgen', exp: seconds() + 60, nbf: seconds() - 60 },
  })
  assert.equal((await answerTo('/private', `Bearer ${other}`)).statusCode, 200)
})

test('every other token is refused in the words of ipfs-cluster', { timeout }, async () => {
  const tokens = {
    'no token': 'abc',
    'no token either': 'a.b.c',
    'two parts': `${tokenOf()} x`,
    'the wrong password': tokenOf({ password: 'pä:ss:' }),
    'no password': tokenOf({ password: '' }),
    'an unknown issuer': tokenOf({ claims: { iss: 'nobody' } }),
    'no issuer': tokenOf({ claims: {} }),
    'an issuer that is no text': tokenOf({ claims: { iss: ['user'] } }),
    'no signature': tokenOf({ alg: 'none' }),
    'another kind of signature': tokenOf({ alg: 'RS256' }),
    'past its end': tokenOf({ claims: { iss: 'user', exp: seconds() - 1 } }),
    'before its start': tokenOf({ claims: { iss: 'user', nbf: seconds() + 60 } }),
  }
  for (const [what, token] of Object.entries(tokens))
    assert.deepEqual(
      await answerTo('/private', `Bearer ${token}`),
      {
        statusCode: 401,
        challenges: ['Bearer realm="Restricted IPFS Cluster API", error="invalid_token"'],
        body: '{"code":401,"message":"unauthorized: invalid token"}\n',
      },
      what,
    )
})

test('a user gets the token that ipfs-cluster would give, and it opens a route', { timeout }, async () => {
  const { statusCode, body } = await answerTo('/token', basic('user:secret'), 'POST')
  assert.equal(statusCode, 200)
  // The answer of ipfs-cluster 1.1.6 for the same user and password.
  const recorded =
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJ1c2VyIn0.l5OzH8D-jhBGpWOaTICi65_Njdgq78TV6t_z-5JymtQ'
  assert.equal(body, `{"token":"${recorded}"}\n`)
  assert.equal((await answerTo('/private', `Bearer ${recorded}`)).statusCode, 200)
  assert.equal((await answerTo('/token', `Bearer ${recorded}`, 'POST')).body, body)
})

test('where the API is open nobody can issue a token', { timeout }, async () => {
  await using server = createTestServer()
  addPostToken(server, { isOpen: true })
  const { statusCode, body } = await server.inject({ method: 'POST', url: '/token' })
  assert.deepEqual([statusCode, body], [401, '{"code":401,"message":"unauthorized"}\n'])
})

test('a public route and OPTIONS need no credentials, an unknown path does', { timeout }, async () => {
  assert.equal((await answerTo('/public')).statusCode, 200)
  assert.equal((await answerTo('/private', undefined, 'OPTIONS')).statusCode, 405)
  assert.equal((await answerTo('/nothing')).statusCode, 401)
  assert.equal((await answerTo('/nothing', basic('user:secret'))).statusCode, 404)
})
