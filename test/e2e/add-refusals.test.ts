import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { keepPorts } from '#deploy/local/kept-ports.ts'
import { buildCar, buildTree } from '#libs/car/testing/build-car.ts'
import {
  addLimits,
  nothingIsKept,
  refusalOf,
  refusedBothWays,
  startAddPipeline,
  streamErrorOf,
} from './add-pipeline.ts'
import { boundary, multipart, postAdd, streamedFile } from './multipart.ts'
import type { Pipeline } from './pipeline.ts'

const timeout = 30_000
const { maxBodyBytes } = addLimits

let pipeline: Pipeline
before(async () => {
  pipeline = await startAddPipeline()
})
after(() => pipeline[Symbol.asyncDispose]())
afterEach(() => nothingIsKept(pipeline))

const add = (query: Record<string, string>, body: Parameters<typeof postAdd>[2], options = {}) =>
  postAdd(pipeline.gatewayUrl, query, body, options)

const small = multipart({ name: 'a', bytes: 'A' })
const dag = buildTree({ leaves: 5, leafBytes: 2_000 })
const car = buildCar(dag)
const carBody = (bytes: Uint8Array) => multipart({ name: 'a.car', bytes })

test('a bad parameter is refused with 400 that names it', { timeout }, async () => {
  for (const [name, value] of [
    ['shard', 'true'],
    ['stream-channels', 'maybe'],
    ['chunker', 'size-0'],
  ] as const)
    assert.ok(refusalOf(await add({ [name]: value }, small)).startsWith(`parameter ${name} invalid`))
})

test('a body that is not multipart, or has no boundary, is refused with 400', { timeout }, async () => {
  for (const [contentType, message] of [
    [undefined, /isn't multipart/],
    ['application/json', /isn't multipart/],
    ['text/plain; boundary=x', /isn't multipart/],
    ['multipart/form-data', /no multipart boundary/],
    [`multipart/form-data; boundary=${'x'.repeat(100)}`, /longer or stranger/],
  ] as const)
    assert.match(refusalOf(await add({}, small, { contentType })), message)
})

const header = (text: string) => Buffer.from(`--${boundary}\r\n${text}\r\n\r\nx\r\n--${boundary}--\r\n`)
const endless = (text: string) =>
  (async function* () {
    yield Buffer.from(text)
    for (;;) yield Buffer.alloc(65_536, 'x')
  })()

const badBodies: { what: string; body: () => Parameters<typeof postAdd>[2]; message: RegExp }[] = [
  { what: 'no bytes', body: () => Buffer.alloc(0), message: /no part begins/ },
  { what: 'no part', body: () => Buffer.from(`--${boundary}--\r\n`), message: /there is no part/ },
  {
    what: 'another boundary',
    body: () => Buffer.from(small.toString().replaceAll(boundary, 'another')),
    message: /no part begins/,
  },
  {
    what: 'another boundary and no end',
    body: () => endless('--another\r\n\r\n'),
    message: /before the first part/,
  },
  {
    what: 'an endless header',
    body: () => endless(`--${boundary}\r\nX: `),
    message: /headers of a part are longer/,
  },
  {
    what: 'an endless field name',
    body: () => endless(`--${boundary}\r\nContent-Disposition: form-data; name="`),
    message: /headers of a part are longer/,
  },
  {
    what: 'a header without a name',
    body: () => header('nonsense'),
    message: /a header of a part has no name/,
  },
  {
    what: 'no closing boundary',
    body: () => carBody(car).subarray(0, -10),
    message: /before its closing delimiter/,
  },
  {
    what: 'a cut header',
    body: () => Buffer.from(`--${boundary}\r\nContent-Dispo`),
    message: /before its closing delimiter/,
  },
]
for (const format of ['unixfs', 'car'])
  describe(`as ${format} a body with`, { timeout }, () => {
    for (const { what, body, message } of badBodies)
      test(`${what} is refused`, { timeout }, () => refusedBothWays(pipeline, { format }, body, { message }))

    test('more bytes than allowed is refused before they come when they are announced', {
      timeout,
    }, async () => {
      const announced = { 'Content-Length': String(maxBodyBytes + 1) }
      const answer = await add({ format }, small, { headers: announced })
      assert.match(refusalOf(answer, 413), new RegExp(`larger than ${maxBodyBytes} bytes`))
    })

    test('nothing coming any more ends with 408', { timeout }, async () => {
      const stuck = () =>
        streamedFile(
          'stuck',
          (async function* () {
            yield format === 'car' ? car.subarray(0, 3_000) : Buffer.alloc(3_000)
            await new Promise(() => {})
          })(),
        )
      await refusedBothWays(pipeline, { format }, stuck, { message: /stalled/, status: 408 })
    })

    test('a client that goes away leaves nothing behind', { timeout }, async () => {
      const big = buildTree({ leaves: 600, leafBytes: 20_000, seed: 5 })
      const bytes = buildCar(big)
      const leaving = new AbortController()
      async function* cutOff() {
        // More than one part of the upload, so that the store has heard of it.
        for (let at = 0; at < 11_000_000; at += 65_536) yield bytes.subarray(at, at + 65_536)
        leaving.abort()
      }
      const { signal } = leaving
      await assert.rejects(add({ format }, streamedFile('gone', cutOff()), { signal }), {
        name: 'AbortError',
      })
    })
  })

test('more bytes than allowed are refused while they come', { timeout }, async () => {
  const tooMuch = () => streamedFile('endless', endless(''))
  await refusedBothWays(pipeline, {}, tooMuch, { message: /larger than \d+ bytes/, status: 413 })
})

test('a file whose DAG is larger than what is stored is refused with 413', { timeout }, async () => {
  const answer = await add({ 'stream-channels': 'false' }, streamedFile('big', [randomBytes(16_000_000)]))
  assert.match(refusalOf(answer, 413), /^car-too-big: /)
})

test('an upload that goes on when the gateway stops ends in order', { timeout }, async () => {
  const { gateway: port } = await keepPorts(`${pipeline.folder}/stopping-ports.json`, ['gateway'])
  const stopping = await pipeline.startService('gateway', { port, settings: { SHUTDOWN_TIMEOUT_MS: '2000' } })
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  async function* endlessFile() {
    for (let i = 0; ; i++) {
      yield Buffer.alloc(1_000)
      if (i === 10) begin()
      await setTimeout(20)
    }
  }
  const answer = postAdd(`http://127.0.0.1:${port}`, {}, streamedFile('long', endlessFile()))
  await begun
  await stopping.stop()
  assert.match(streamErrorOf(await answer), /the server is stopping/)
})

test('without an IPFS node files are refused with 501, before their bytes are read', {
  timeout,
}, async () => {
  const { gateway: port } = await keepPorts(`${pipeline.folder}/more-ports.json`, ['gateway'])
  const second = await pipeline.startService('gateway', { port, settings: { KUBO_API_URL: '' } })
  const answer = await postAdd(`http://127.0.0.1:${port}`, {}, endless(''))
  assert.match(refusalOf(answer, 501), /KUBO_API_URL is not set/)
  await second.stop()
})
