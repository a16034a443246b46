// Loaded before a service, by `--import`. It looks at the bytes that the process is about to send, writes down what they
// do to the world outside, and kills the process in front of what its plan names.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type Conversation, createConversation } from './conversation.ts'
import { type JournalLine, journalVariable, overFileOf, planVariable, type WatchedContent } from './plan.ts'

const journalFile = process.env[journalVariable] ?? ''
const service = process.env['OTEL_SERVICE_NAME'] ?? ''
const planFile = process.env[planVariable] ?? ''
const plan: WatchedContent[] = JSON.parse(readFileSync(planFile, 'utf8'))
const killedBefore = new Set(
  readFileSync(journalFile, 'utf8')
    .split('\n')
    .flatMap(line => (line === '' ? [] : [JSON.parse(line) as JournalLine]))
    .flatMap(({ cid, killed }) => (killed ? [cid] : [])),
)

const conversations = new WeakMap<Socket, Conversation>()
function conversationOf(socket: Socket): Conversation {
  const conversation = conversations.get(socket) ?? createConversation()
  conversations.set(socket, conversation)
  return conversation
}

function aboutToDo(effect: string, about: string): void {
  for (const { cid, keys, crashBefore } of plan) {
    if (!keys.some(key => about.includes(key))) continue
    const isHere = crashBefore?.service === service && crashBefore.effect === effect
    const killed = isHere && !killedBefore.has(cid) && !existsSync(overFileOf(planFile))
    const line: JournalLine = { service, cid, effect, killed }
    appendFileSync(journalFile, `${JSON.stringify(line)}\n`)
    if (killed) process.kill(process.pid, 'SIGKILL')
  }
}

// A socket has both from the stream that it is.
Object.assign(Socket.prototype, {
  write(this: Socket, ...parameters: Parameters<Duplex['write']>) {
    const [chunk, encoding]: unknown[] = parameters
    for (const { name, about } of conversationOf(this).effectsOf(bytesOf(chunk, encoding)))
      aboutToDo(name, about)
    return Duplex.prototype.write.apply(this, parameters)
  },
  push(this: Socket, ...parameters: Parameters<Duplex['push']>) {
    const [chunk]: unknown[] = parameters
    if (chunk instanceof Uint8Array) conversationOf(this).heard(Buffer.from(chunk))
    return Duplex.prototype.push.apply(this, parameters)
  },
})

/** In the place of an encoding there may be a callback. */
function bytesOf(chunk: unknown, encoding: unknown): Buffer {
  if (chunk instanceof Uint8Array) return Buffer.from(chunk)
  const named = typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8'
  return Buffer.from(String(chunk), named)
}
