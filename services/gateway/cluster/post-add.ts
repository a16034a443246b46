import { Type } from 'typebox'
import { HttpError, type HttpServer } from '#libs/http/index.ts'
import { describeRoute, jsonLines } from '../describe-route.ts'
import { stopTransfers } from '../stop-transfers.ts'
import { addCar } from './add-car.ts'
import { explainAddFailure } from './add-failure.ts'
import { addFiles, noNode } from './add-files.ts'
import { addParameters } from './add-parameters.ts'
import { readAddParams } from './add-params.ts'
import type { AddDeps } from './add-request.ts'
import { closeGently } from './close-gently.ts'
import { readBoundary } from './multipart-boundary.ts'
import { queryOf } from './query-of.ts'
import { addHeaders, streamAdded } from './stream-added.ts'
import { readUpload } from './upload-body.ts'
import { watchUpload } from './upload-watch.ts'

type Deps = {
  adding: AddDeps
  maxOrigins: number
  maxBodyBytes: number
  stallTimeoutMs: number
  /** For what is being added when the server stops. */
  graceMs: number
}

/**
 * `POST /add` → one object for each thing added. The roots are pinned, and their bytes are in the store, before the
 * objects that tell of them are sent.
 */
export async function addPostAdd(server: HttpServer, deps: Deps): Promise<void> {
  const { adding, maxOrigins, maxBodyBytes, stallTimeoutMs } = deps
  const stopping = stopTransfers(server, deps.graceMs)
  await server.register(async scope => {
    // The handler reads the body itself, as it comes.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _body, done) => done(null))

    scope.post('/add', postAddRoute, async (request, reply) => {
      const { raw, url } = request
      using watch = watchUpload(reply.raw, { stallTimeoutMs, stopping })
      try {
        const boundary = readBoundary(raw.headers['content-type'])
        const params = readAddParams(queryOf(url), { maxOrigins })
        const { format, streams } = params
        if (format === 'unixfs' && !adding.fileAdder) throw noNode()
        if (Number(raw.headers['content-length']) > maxBodyBytes)
          throw new HttpError(413, `the body is larger than ${maxBodyBytes} bytes`)
        const body = readUpload(raw, { maxBytes: maxBodyBytes, watch })
        const add = format === 'car' ? addCar : addFiles
        const lines = explained(add(adding, { params, body, boundary, watch }), format)
        if (!streams) return reply.headers(addHeaders).send(await Array.fromAsync(lines))
        await streamAdded(reply, lines, {
          signal: watch.signal,
          explain: error => {
            closeGently(raw)
            const { statusCode, message } = server.answerError(error)
            if (statusCode >= 500) adding.log.error({ err: error, url }, 'adding failed')
            return message
          },
        })
        return reply
      } catch (error) {
        closeGently(raw)
        throw error
      }
    })
  })
}

async function* explained<Line>(lines: AsyncIterable<Line>, format: 'unixfs' | 'car'): AsyncGenerator<Line> {
  try {
    yield* lines
  } catch (error) {
    throw explainAddFailure(error, format)
  }
}

const AddedOutput = Type.Object({
  name: Type.String({ description: 'Path in what was sent' }),
  cid: Type.Union([Type.String(), Type.Null()], { description: 'Null while a file is being read' }),
  bytes: Type.Optional(Type.Integer({ description: 'Read so far; of a CAR the size of all blocks' })),
  size: Type.Optional(Type.Integer({ description: 'Of the DAG, in bytes' })),
  allocations: Type.Optional(Type.Array(Type.String({ description: 'Peer id' }))),
})

const postAddRoute = describeRoute({
  tag: 'add',
  summary: 'Add files, a directory or a CAR, and pin the roots',
  description:
    'Files are made into DAGs; a CAR must hold one complete DAG. With `stream-channels=false` the answer is one array at the end, and an error has a status; else it begins at once with status 200.',
  query: addParameters,
  body: {
    'multipart/form-data': Type.Object({
      file: Type.String({
        format: 'binary',
        description: 'Any number of parts; directories by the paths in their file names',
      }),
    }),
  },
  answers: { 200: jsonLines(AddedOutput) },
})
