import { PermanentError, TransientError } from '#libs/errors/index.ts'
import { type CidParts, cidText } from './cid-bytes.ts'

/** `unexpected-block`: the way or the sender has put it there, so a new transfer may do without. */
export const unexpectedBlock = (cid: CidParts) =>
  new TransientError(
    'unexpected-block',
    `the CAR holds block ${cidText(cid)}, which no block before it links to`,
  )

/** `bad-block`, of bytes that are the right ones by their hash. */
export function malformedBlock(cid: CidParts, codec: number, cause?: unknown): TransientError {
  const message = `block ${cidText(cid)} matches its hash but is not valid under codec 0x${codec.toString(16)}`
  return new TransientError('bad-block', message, { cause })
}

/** `too-many-blocks`, counted by the links. */
export const tooManyLinked = (maxBlocks: number) =>
  new PermanentError('too-many-blocks', `the DAG links to more than ${maxBlocks} blocks`)
