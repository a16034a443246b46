import type { LiveJob } from '#libs/bus/index.ts'
import { contents, eq, pins } from '#libs/db/index.ts'
import { createTestDatabase } from '#libs/db/testing/test-database.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { createApp } from '../app.ts'
import { readGatewayConfig } from '../config.ts'
import { natsIsAway } from './nats-is-away.ts'

/** The gateway's API over a database of its own, without a network. */
export type TestApp = Awaited<ReturnType<typeof startTestApp>>

type Options = { settings?: Record<string, string>; liveJob?: (cid: string) => LiveJob | undefined }

export async function startTestApp({ settings = {}, liveJob = () => undefined }: Options = {}) {
  await using starting = new AsyncDisposableStack()
  const { db, url } = starting.use(await createTestDatabase())
  let wakes = 0
  const config = readGatewayConfig({ DATABASE_URL: url, ...settings })
  const app = await createApp({
    config,
    db,
    liveJob,
    liveNodes: () => [],
    nodesHeardAt: () => new Date(),
    natsView: natsIsAway,
    wakeOutbox: () => wakes++,
    checks: {},
    log: createLogger('test', 'silent'),
  })
  starting.defer(() => app.close())
  const resources = starting.move()

  async function call(method: 'GET' | 'POST' | 'DELETE', target: string) {
    const answer = await app.inject({ method, url: target })
    return {
      status: answer.statusCode,
      headers: answer.headers,
      trailers: answer.trailers,
      text: answer.body,
    }
  }
  /** The object that a call answers with, which has to go well. */
  async function json(method: 'GET' | 'POST' | 'DELETE', target: string) {
    const { status, text } = await call(method, target)
    if (status !== 200) throw new Error(`${method} ${target} answered ${status}: ${text}`)
    return JSON.parse(text)
  }
  /** The objects of a list, which has to be 200. */
  async function lines(method: 'GET' | 'POST', target: string) {
    const { status, text, trailers } = await call(method, target)
    if (status !== 200 || trailers['x-stream-error'])
      throw new Error(`${method} ${target} answered ${status}: ${text} ${trailers['x-stream-error']}`)
    return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
  }
  return {
    app,
    db,
    peerId: config.CLUSTER_PEER_ID,
    call,
    json,
    lines,
    /** How often the outbox was woken so far. */
    wakes: () => wakes,
    pinCount: async () => (await db.select({ id: pins.requestId }).from(pins)).length,
    /** Puts a content into the state that it would have when a worker has failed. */
    failContent: (cid: string) =>
      db
        .update(contents)
        .set({ state: 'failed', failureCode: 'stalled', failureMessage: 'nothing came', attempts: 3 })
        .where(eq(contents.cid, cid)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** The status of the one peer. */
export const statusOf = (info: { peer_map: Record<string, { status: string }> }): string | undefined =>
  Object.values(info.peer_map)[0]?.status
