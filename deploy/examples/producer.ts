/** Asks for a pin over NATS: `node deploy/examples/producer.ts <cid> [<multiaddr of a provider>...]` */
import { randomUUID } from 'node:crypto'
import { jetstream } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

const { NATS_URL = 'nats://127.0.0.1:4222', NATS_USER = 'producer', NATS_PASSWORD = '' } = process.env
const [cid, ...origins] = process.argv.slice(2)
// A user reads replies in its own inbox only.
const inboxPrefix = `_INBOX_${NATS_USER}`
const nats = await connect({ servers: NATS_URL, user: NATS_USER, pass: NATS_PASSWORD, inboxPrefix })
// The id names the pin: however often it is published under this id, it stays one pin.
const id = randomUUID()
const body = JSON.stringify({ v: 1, id, at: new Date().toISOString(), data: { cid, origins } })
const subject = [process.env['NATS_PREFIX'], 'pin.requested'].filter(Boolean).join('.')
// From this answer on the pin is kept: it ends pinned, or failed with a reason.
const accepted = await jetstream(nats).publish(subject, body, { msgID: id, retries: 5 })
process.stdout.write(`${JSON.stringify({ requestId: id, ...accepted })}\n`)
await nats.close()
