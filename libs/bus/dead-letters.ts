import { jetstreamManager, type StoredMsg } from '@nats-io/jetstream'
import type { Bus } from './connect-bus.ts'
import { deleteMessage } from './delete-message.ts'
import { storedHeaders } from './exhausted.ts'

/** A message that was given up, as the DLQ keeps it. What its headers do not say is empty. */
export type DeadLetter = {
  /** Its sequence in the DLQ stream: what people call it by. Never given twice while the stream lives. */
  id: number
  /** Names the letter for good, in the audit too: no other has this subject and this time. */
  key: string
  consumer: string
  /** Of the message, without the installation's prefix. */
  subject: string
  code: string
  reason: string
  /** Who gave it up: `worker`, `advisory` or `sweeper`. */
  source: string
  deliveries: number
  publishedAt: string
  failedAt: string
  worker: string
  messageId: string
  /** The message, byte for byte. */
  body: Uint8Array
}

export type DeadLetterQuery = {
  /** Letters with a greater id. */
  after?: number
  limit: number
  consumer?: string | undefined
  code?: string | undefined
}

/** `next` is the `after` of the next page; there is none when this is the last one. */
export type DeadLetterPage = { letters: DeadLetter[]; next?: number }

/** The dead letters of an installation. */
export type DeadLetters = {
  /** Oldest first. A page may be short, or empty, and still have a next one: the code is looked for letter by letter. */
  list: (query: DeadLetterQuery) => Promise<DeadLetterPage>
  get: (id: number) => Promise<DeadLetter | undefined>
  /** Safe to repeat. */
  remove: (id: number) => Promise<void>
}

/** Bounds the time that one page takes, however rare its code is. */
const maxReadPerPage = 10_000

/** Needs the rights to look into the DLQ stream, and to delete from it. */
export async function openDeadLetters(bus: Bus): Promise<DeadLetters> {
  const manager = await jetstreamManager(bus.connection, { checkAPI: false })
  const stream = bus.names.stream('DLQ')
  const prefixLength = bus.names.subject('').length
  const read = (stored: StoredMsg) => readLetter(stored, prefixLength)

  return {
    async list({ after = 0, limit, consumer, code }) {
      const letters: DeadLetter[] = []
      let last = after
      for (let reads = 0; reads < maxReadPerPage; reads++) {
        const query = { seq: last + 1, next_by_subj: bus.names.subject(`dlq.*.${consumer ?? '*'}.*`) }
        const stored = await manager.streams.getMessage(stream, query)
        if (!stored) return { letters }
        if (letters.length === limit) return { letters, next: last }
        last = stored.seq
        const letter = read(stored)
        if (code === undefined || letter.code === code) letters.push(letter)
      }
      return { letters, next: last }
    },

    async get(id) {
      const stored = await manager.streams.getMessage(stream, { seq: id })
      return stored ? read(stored) : undefined
    },

    remove: id => deleteMessage(manager, stream, id),
  }
}

function readLetter(stored: StoredMsg, prefixLength: number): DeadLetter {
  const headers = storedHeaders(stored)
  const text = (name: string) => headers?.get(`Dlq-${name}`) ?? ''
  return {
    id: stored.seq,
    key: `${stored.subject}@${stored.timestamp}`,
    consumer: text('Consumer'),
    subject: text('Subject').slice(prefixLength),
    code: text('Code'),
    reason: text('Reason'),
    source: text('Source'),
    deliveries: Number(text('Deliveries')),
    publishedAt: text('First-Published-At'),
    failedAt: text('Failed-At'),
    worker: text('Worker'),
    messageId: text('Orig-Msg-Id'),
    body: stored.data,
  }
}
