import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Busboy } from '@fastify/busboy'
import fc from 'fast-check'
import { HttpError } from '#libs/http/index.ts'
import { createMultipartReader } from './multipart-reader.ts'

const timeout = 60_000

type Part = { name: string; bytes: Buffer }

const bodyOf = (boundary: string, parts: readonly Part[], { preamble = '', epilogue = '\r\n' } = {}) =>
  Buffer.concat([
    Buffer.from(preamble),
    ...parts.flatMap(({ name, bytes }) => [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`),
      bytes,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--${epilogue}`),
  ])

/** The parts as the reader sees them in chunks of these sizes, which repeat. */
function read(boundary: string, body: Uint8Array, chunkSizes: readonly number[] = [65_536]): Part[] {
  const reader = createMultipartReader(boundary)
  const parts: { name: string; chunks: Buffer[] }[] = []
  for (let at = 0, i = 0; at < body.length; i++) {
    const size = chunkSizes[i % chunkSizes.length] ?? 1
    const chunk = Buffer.from(body.subarray(at, at + size))
    for (const event of reader.push(chunk)) {
      if (event.kind === 'data') parts.at(-1)?.chunks.push(Buffer.from(event.bytes))
      else
        parts.push({
          name: event.headers.get('content-disposition')?.match(/filename="(.*)"/)?.[1] ?? '',
          chunks: [],
        })
    }
    // A reader that keeps a view of the chunk is found out.
    chunk.fill(0x2d)
    at += size
  }
  reader.end()
  return parts.map(({ name, chunks }) => ({ name, bytes: Buffer.concat(chunks) }))
}

/** The same by another implementation. */
function readWithBusboy(boundary: string, body: Buffer): Promise<Part[]> {
  return new Promise((resolve, reject) => {
    const parts: Promise<Part>[] = []
    const busboy = new Busboy({
      headers: { 'content-type': `multipart/form-data; boundary="${boundary}"` },
      isPartAFile: () => true,
    })
    busboy.on('file', (_field, stream, name) => {
      parts.push(Array.fromAsync(stream).then(chunks => ({ name, bytes: Buffer.concat(chunks) })))
    })
    busboy.on('finish', () => resolve(Promise.all(parts)))
    busboy.on('error', reject)
    busboy.end(body)
  })
}

const refusal = (step: () => unknown): string => {
  try {
    step()
  } catch (error) {
    if (error instanceof HttpError && error.statusCode === 400) return error.message
    throw error
  }
  return assert.fail('it was not refused')
}

const boundaries = fc.stringMatching(/^[A-Za-z0-9]{1,12}$/)
/** Bytes that are likely to look like a delimiter. */
const trickyBytes = (boundary: string) =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom('\r', '\n', '-', '--', '\r\n', `\r\n--`, `--${boundary}`, boundary, ' '),
        fc.string({ maxLength: 5 }),
      ),
      { maxLength: 20 },
    )
    .map(pieces => Buffer.from(pieces.join('')))
    .filter(bytes => !`\r\n${bytes.toString()}\r\n`.includes(`\r\n--${boundary}`))

test('however the body is cut, its parts come out as they were put in', { timeout }, () => {
  const cases = boundaries.chain(boundary => {
    const part = fc.record(
      { name: fc.stringMatching(/^[a-z]{1,5}$/), bytes: trickyBytes(boundary) },
      { noNullPrototype: true },
    )
    return fc.record({
      boundary: fc.constant(boundary),
      parts: fc.array(part, { minLength: 1, maxLength: 5 }),
      chunkSizes: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 5 }),
    })
  })
  fc.assert(
    fc.property(cases, ({ boundary, parts, chunkSizes }) => {
      assert.deepEqual(read(boundary, bodyOf(boundary, parts), chunkSizes), parts)
    }),
    { numRuns: 200 },
  )
})

test('it reads what another implementation reads', { timeout }, async () => {
  const cases = fc.array(
    fc.record(
      { name: fc.stringMatching(/^[a-z]{1,5}$/), bytes: trickyBytes('XyZ') },
      { noNullPrototype: true },
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  await fc.assert(
    fc.asyncProperty(cases, async parts => {
      const body = bodyOf('XyZ', parts)
      assert.deepEqual(read('XyZ', body, [7, 1, 30]), await readWithBusboy('XyZ', body))
    }),
    { numRuns: 200 },
  )
})

test('bytes of any kind are read, refused with 400, or cut short, and never throw anything else', {
  timeout,
}, () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom('--b', '--b--', '\r\n', '\r\n--b\r\n', 'A: b\r\n\r\n', ':', ' ', '--b \t\r\n'),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 20 }), (texts, size) => {
      try {
        read('b', Buffer.from(texts.join('')), [size])
      } catch (error) {
        assert.ok(error instanceof HttpError && error.statusCode === 400, String(error))
      }
    }),
    { numRuns: 2000 },
  )
})

test('every cut of a body before its closing delimiter is refused', { timeout }, () => {
  const body = bodyOf('b', [{ name: 'a', bytes: Buffer.from('data') }], { epilogue: '' })
  for (let length = 0; length < body.length; length++)
    assert.match(
      refusal(() => read('b', body.subarray(0, length))),
      /^multipart: (no part begins|the body ends)/,
    )
  assert.equal(read('b', body).length, 1)
})

test('text before the first and behind the last part is passed over, padding too', { timeout }, () => {
  const parts = [{ name: 'a', bytes: Buffer.from('data') }]
  const padded = Buffer.from(bodyOf('b', parts).toString().replace('--b\r\n', '--b \t \r\n'))
  assert.deepEqual(read('b', padded), parts)
  const wrapped = bodyOf('b', parts, { preamble: 'hello\r\n', epilogue: '\r\nbye --b' })
  assert.deepEqual(read('b', wrapped), parts)
})

test('what goes on longer than it may is refused at once', { timeout }, () => {
  const endless = Buffer.alloc(20_000, 'x')
  const part = '--b\r\nContent-Disposition: form-data\r\n\r\n'
  const cases = {
    'more than 16384 bytes before the first part': endless,
    'the headers of a part are longer': Buffer.concat([Buffer.from('--b\r\nX: '), endless]),
    'more than 16384 bytes behind the closing': Buffer.concat([Buffer.from(`${part}\r\n--b--`), endless]),
  }
  for (const [text, body] of Object.entries(cases))
    for (const size of [17, 65_536]) assert.ok(refusal(() => read('b', body, [size])).includes(text), text)
})

test('a body without parts and a header without a name are refused', { timeout }, () => {
  assert.match(
    refusal(() => read('b', Buffer.from('--b--\r\n'))),
    /there is no part/,
  )
  assert.match(
    refusal(() => read('b', Buffer.from('--b\r\nnonsense\r\n\r\nx\r\n--b--'))),
    /a header of a part has no name/,
  )
})
