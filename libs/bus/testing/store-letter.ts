import { storeDeadLetter } from '../dead-letter.ts'
import type { ConsumerName } from '../streams.ts'
import type { TestBus } from './test-bus.ts'

let stored = 0

/** Puts a letter into the DLQ, as a worker does. Resolves with its id. */
export async function storeLetter(
  { admin }: TestBus,
  letter: { subject: string; body: Uint8Array; consumer?: ConsumerName; code?: 'stalled' | 'worker-lost' },
): Promise<number> {
  const { subject, body, consumer = 'fetcher', code = 'worker-lost' } = letter
  const message = {
    stream: admin.names.stream('PIN_JOBS'),
    consumer,
    seq: ++stored,
    subject: admin.names.subject(subject),
    body,
    headers: undefined,
    deliveries: 3,
    publishedAt: new Date().toISOString(),
    source: 'worker' as const,
  }
  await storeDeadLetter(admin, message, { code, message: `reason ${message.seq}`, missingCids: [] })
  const { streams } = await admin.stream.jetstreamManager()
  const last = await streams.getMessage(admin.names.stream('DLQ'), {
    last_by_subj: admin.names.subject(`dlq.${message.stream}.${consumer}.${message.seq}`),
  })
  if (!last) throw new Error('the letter is not in the DLQ')
  return last.seq
}
