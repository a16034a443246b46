import { jetstream, type PubAck } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { Pipeline } from './pipeline.ts'

/** An internal producer: the least of NATS users, which may only publish `pin.requested`. The caller disposes it. */
export async function connectProducer({ natsSettings, prefix }: Pipeline) {
  const { NATS_URL, NATS_USER, NATS_PASSWORD } = natsSettings('producer')
  const connection = await connect({
    servers: NATS_URL.split(','),
    user: NATS_USER,
    pass: NATS_PASSWORD,
    inboxPrefix: `_INBOX_${NATS_USER}`,
    maxReconnectAttempts: -1,
  })
  return {
    /** Publishes a body as it is, right or wrong. */
    publish: (body: string): Promise<PubAck> =>
      jetstream(connection).publish(`${prefix}.pin.requested`, body),
    publishTo: (subject: string, body: string): Promise<PubAck> =>
      jetstream(connection).publish(`${prefix}.${subject}`, body),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

/** The body of a pin request. */
export const pinRequestBody = (id: string, data: object): string =>
  JSON.stringify({ v: 1, id, at: '2026-01-01T00:00:00Z', data })

type Row = {
  request_id: string
  account: string
  api: string
  sent_cid: string
  name: string
  origins: string[]
  state: string
  failure_code: string | null
}

/** The pins of a canonical CID with the state of their content: pins over NATS are not shown by HTTP. */
export async function pinRows({ database }: Pipeline, cid: string): Promise<Row[]> {
  const { rows } = await database.query<Row>(
    `select request_id, account, api, sent_cid, name, origins, contents.state, failure_code
     from pins join contents using (cid) where cid = $1 order by request_id`,
    [cid],
  )
  return rows
}

/** Waits until a CID that was asked for over NATS is pinned. Throws at once when it failed. */
export async function pinnedRows(pipeline: Pipeline, cid: string): Promise<Row[]> {
  const probe = async () => {
    const rows = await pinRows(pipeline, cid)
    if (!['pinned', 'failed'].includes(rows[0]?.state ?? 'none')) throw new Error(`${cid} is not final`)
    return rows
  }
  const rows = await pollUntil(probe, { what: `the pin of ${cid}`, timeoutMs: 40_000 })
  if (rows[0]?.state === 'failed') throw new Error(`${cid} failed: ${rows[0].failure_code}`)
  return rows
}
