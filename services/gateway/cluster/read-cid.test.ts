import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from '#libs/http/index.ts'
import { readCid } from './read-cid.ts'

const timeout = 5_000
const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
const v1 = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'

test('a CID keeps the form in which it was sent, beside the canonical one', { timeout }, () => {
  assert.deepEqual(readCid(v0), { cid: v1, sentCid: v0 })
  assert.deepEqual(readCid(v1), { cid: v1, sentCid: v1 })
})

test('a text that is no CID is a 400 that says what is wrong', { timeout }, () => {
  for (const text of ['', 'cid', `${v1}x`, '../etc', v0.slice(0, -1)])
    assert.throws(
      () => readCid(text),
      (error: unknown) =>
        error instanceof HttpError &&
        error.statusCode === 400 &&
        error.message.startsWith('error decoding Cid: '),
      text,
    )
})
