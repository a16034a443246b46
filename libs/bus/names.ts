/**
 * Names in one installation. A prefix keeps installations, and tests, apart on one server: subjects get it as their
 * first token, streams and buckets as the start of their name, because two streams cannot share a subject.
 */
export type BusNames = {
  subject: (subject: string) => string
  stream: (stream: StreamName) => string
  bucket: (bucket: 'LIVE') => string
}

/** The streams of ARCHITECTURE.md's event table. */
export type StreamName = 'PIN_JOBS' | 'PIN_EVENTS' | 'DLQ' | 'ADVISORIES'

/** `prefix` is empty, or one subject token of letters, digits and dashes. */
export const busNames = (prefix: string): BusNames => ({
  subject: subject => (prefix ? `${prefix}.${subject}` : subject),
  stream: stream => (prefix ? `${prefix}_${stream}` : stream),
  bucket: bucket => (prefix ? `${prefix}_${bucket}` : bucket),
})
