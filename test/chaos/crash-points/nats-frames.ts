import type { Effect } from './conversation.ts'

/** So much of what came in is kept, for frames that come in pieces. */
const keptChars = 128 * 1024
const received = /H?MSG (\S+) \S+ (\$JS\.ACK\.\S+) (?:\d+ )?(\d+)\r\n/g
const published = /(?:^|\r\n)(PUB|HPUB) (\S+) (?:(\S+) )?(?:(\d+) )?(\d+)\r\n/g

/**
 * The publishes of a NATS connection (https://docs.nats.io/reference/reference-protocols/nats-protocol). An acknowledgement
 * only names a reply subject: what it is about is known from the message that came with it.
 */
export function natsPublishes() {
  const messages = new Map<string, { subject: string; body: string }>()
  let incoming = ''
  // The server speaks first.
  let isNats = false
  return {
    /** Undefined when these are no frames of NATS. */
    effectsOf(text: string): Effect[] | undefined {
      if (!isNats) return undefined
      return [...text.matchAll(published)].flatMap(({ 0: head, 2: subject = '', 5: size, index }) => {
        const body = text.slice(index + head.length, index + head.length + Number(size))
        return effectOf(subject, body)
      })
    },
    heard(bytes: Buffer): void {
      isNats ||= bytes.toString('latin1', 0, 5) === 'INFO '
      if (!isNats) return
      incoming = (incoming + bytes.toString('latin1')).slice(-keptChars)
      for (const { 0: head, 1: subject = '', 2: reply = '', 3: size, index } of incoming.matchAll(received)) {
        const from = index + head.length
        messages.set(reply, { subject: plain(subject), body: incoming.slice(from, from + Number(size)) })
      }
    },
  }

  function effectOf(subject: string, body: string): Effect[] {
    if (subject.startsWith('$JS.ACK.')) {
      const how = /\+ACK|-NAK|\+TERM/.exec(body)?.[0]
      const message = messages.get(subject)
      // A sign of work comes whenever its time has come.
      return how && message ? [{ name: `${how} ${message.subject}`, about: message.body }] : []
    }
    const own = plain(subject)
    if (!/^(?:pin|car|dlq)\./.test(own)) return []
    return [{ name: `publish ${own.startsWith('dlq.') ? 'dlq' : own}`, about: body }]
  }
}

/** Without the prefix of the installation. */
const plain = (subject: string): string => subject.replace(/^t[0-9a-f]{8}\./, '')
