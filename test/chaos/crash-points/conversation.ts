import { natsPublishes } from './nats-frames.ts'
import { postgresStatements } from './postgres-messages.ts'

/**
 * Something that a process does to the world outside: bytes that it is about to send. `about` holds the text in which the
 * CID of the content that it is about is looked for.
 */
export type Effect = { name: string; about: string }

/** The conversation on one socket, as far as it tells what its next bytes mean. */
export type Conversation = {
  /** Called before each write, with its bytes. */
  effectsOf: (bytes: Buffer) => Effect[]
  /** Called with all that comes in. */
  heard: (bytes: Buffer) => void
}

/** What HTTP requests and answers change. The rest only asks. */
function httpEffect(head: string): Effect | undefined {
  const [, method = '', target = ''] = /^([A-Z]+) (\S+) HTTP\/1\.1\r\n/.exec(head) ?? []
  if (head.startsWith('HTTP/1.1 ')) return { name: `answer ${head.slice(9, 12)}`, about: head }
  const command = /^\/api\/v0\/((?:pin|swarm\/peering)\/(?:add|rm)|swarm\/connect)\?/.exec(target)?.[1]
  if (command !== undefined) return { name: `Kubo ${command}`, about: decodeURIComponent(target) }
  if (/^x-amz-target: AmazonSQS\.SendMessage/im.test(head)) return { name: 'SQS SendMessage', about: head }
  if (target.startsWith('/api/v0/') || !/^(PUT|POST|DELETE)$/.test(method)) return undefined
  const name = s3Operation(method, new URL(target, 'http://s3'), /^x-amz-copy-source:/im.test(head))
  return { name: `S3 ${name}`, about: decodeURIComponent(head) }
}

function s3Operation(method: string, { searchParams }: URL, isCopy: boolean): string {
  const part = searchParams.get('partNumber')
  if (method === 'DELETE') return searchParams.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject'
  if (method === 'POST')
    return searchParams.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload'
  if (part !== null) return isCopy ? `UploadPartCopy ${part}` : `UploadPart ${part}`
  return isCopy ? 'CopyObject' : 'PutObject'
}

/** Recognises HTTP, the client protocol of NATS and that of Postgres by their first bytes. */
export function createConversation(): Conversation {
  const nats = natsPublishes()
  const postgres = postgresStatements()
  let unfinished: Effect | undefined
  return {
    effectsOf(bytes) {
      const text = bytes.toString('latin1', 0, 64 * 1024)
      if (/^[A-Z]+ \S+ HTTP\/1\.1\r\n|^HTTP\/1\.1 /.test(text)) {
        unfinished = httpEffect(text)
        return unfinished ? [unfinished] : []
      }
      // What a request is about may stand in its body.
      if (unfinished) return [{ ...unfinished, about: text }]
      return nats.effectsOf(text) ?? postgres.effectsOf(bytes)
    },
    heard: bytes => nats.heard(bytes),
  }
}
