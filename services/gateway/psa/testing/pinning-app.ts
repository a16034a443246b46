import type { LiveJob, LiveNode } from '#libs/bus/index.ts'
import { contents, createToken, eq, type TokenScope } from '#libs/db/index.ts'
import { createTestDatabase } from '#libs/db/testing/test-database.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { createApp } from '../../app.ts'
import { readGatewayConfig } from '../../config.ts'
import type { NatsView } from '../../operator/operator-api.ts'
import { natsIsAway } from '../../testing/nats-is-away.ts'

/** The gateway over a database of its own, with what live workers would say. */
export type PinningApp = Awaited<ReturnType<typeof startPinningApp>>

type Options = {
  settings?: Record<string, string>
  liveJobs?: Map<string, LiveJob>
  liveNodes?: () => LiveNode[]
  natsView?: () => NatsView
}

/** Fields of every shape that answers have. */
export type Answer = {
  status: number
  headers: Record<string, unknown>
  text: string
  /** Tests look into answers of any shape, and fail where it differs. */
  body: ReturnType<typeof JSON.parse>
}

export async function startPinningApp({
  settings = {},
  liveJobs,
  liveNodes = () => [],
  natsView = natsIsAway,
}: Options = {}) {
  await using starting = new AsyncDisposableStack()
  const { db, url } = starting.use(await createTestDatabase())
  let wakes = 0
  const config = readGatewayConfig({
    DATABASE_URL: url,
    CLUSTER_BASIC_AUTH_TOKEN: Buffer.from('user:secret').toString('base64'),
    TOKEN_CACHE_MS: '0',
    ...settings,
  })
  const app = await createApp({
    config,
    db,
    liveJob: cid => liveJobs?.get(cid),
    liveNodes,
    nodesHeardAt: () => new Date(),
    natsView,
    wakeOutbox: () => wakes++,
    checks: {},
    log: createLogger('test', 'silent'),
  })
  starting.defer(() => app.close())
  const resources = starting.move()

  async function request(
    method: 'GET' | 'POST' | 'DELETE' | 'OPTIONS' | 'PUT',
    path: string,
    { token, body, headers }: { token?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const answer = await app.inject({
      method,
      url: path,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = answer.body
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      body: text === '' ? undefined : JSON.parse(text),
    }
  }

  return {
    app,
    db,
    wakes: () => wakes,
    request,
    /** A token of an account, as a client that only speaks the API uses it. */
    async client(account: string, scopes: readonly TokenScope[] = ['read', 'write']) {
      const { id, token } = await createToken(db, { account, name: 'test', scopes }, 'test')
      return {
        tokenId: id,
        token,
        list: (query = '') => request('GET', `/psa/pins${query}`, { token }),
        get: (requestId: string) => request('GET', `/psa/pins/${requestId}`, { token }),
        add: (pin: unknown) => request('POST', '/psa/pins', { token, body: pin }),
        replace: (requestId: string, pin: unknown) =>
          request('POST', `/psa/pins/${requestId}`, { token, body: pin }),
        remove: (requestId: string) => request('DELETE', `/psa/pins/${requestId}`, { token }),
      }
    },
    /** Puts a content into a state; into `pinned` with a receipt. */
    setState: (cid: string, change: Partial<typeof contents.$inferInsert>) =>
      db
        .update(contents)
        .set(change.state === 'pinned' ? { ...receipt, ...change } : change)
        .where(eq(contents.cid, cid)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

const receipt = {
  carCid: 'bagbaieratest',
  carBucket: 'cars',
  carKey: 'bagbaieratest/bagbaieratest.car',
  carBytes: 120,
  dagBytes: 100,
  rawBytes: 90,
  blocks: 3,
  verifiedAt: new Date('2026-01-02T03:04:05.678Z'),
}
