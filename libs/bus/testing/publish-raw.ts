import { once } from 'node:events'
import { connect } from 'node:net'
import type { BusSettings } from '../connect-bus.ts'

/**
 * Publishes by the protocol of NATS itself (`HPUB`), as any client may: `headerLines` and `body` go out as they are. Resolves
 * when the server has read them.
 */
export async function publishRaw(
  { NATS_URL, NATS_USER, NATS_PASSWORD }: BusSettings,
  { subject, headerLines, body }: { subject: string; headerLines: readonly string[]; body: Uint8Array },
): Promise<void> {
  const { hostname, port } = new URL(NATS_URL)
  const socket = connect(Number(port), hostname)
  const header = Buffer.from(['NATS/1.0', ...headerLines, '', ''].join('\r\n'))
  const login = { verbose: false, pedantic: false, headers: true, user: NATS_USER, pass: NATS_PASSWORD }
  socket.write(`CONNECT ${JSON.stringify(login)}\r\n`)
  socket.write(`HPUB ${subject} ${header.length} ${header.length + body.length}\r\n`)
  socket.write(Buffer.concat([header, body, Buffer.from('\r\nPING\r\n')]))
  let heard = ''
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString()
    if (heard.includes('PONG')) socket.end()
  })
  await once(socket, 'close')
  if (heard.includes('-ERR')) throw new Error(heard)
}
