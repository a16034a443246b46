import { HttpError } from '#libs/http/index.ts'
import type { AddDeps, AddRequest } from './add-request.ts'
import { type AddedOutput, addedOutput } from './added-output.ts'
import { createMultipartReader } from './multipart-reader.ts'
import { fileNameOf, type PartHeaders } from './part-headers.ts'

/** Stages the one CAR of a multipart body and pins its root. */
export async function* addCar(
  { stageCar, keepCar, newRequestId, peerId }: AddDeps,
  { params, body, boundary, watch }: AddRequest,
): AsyncGenerator<AddedOutput> {
  const { pin } = params
  if (!pin) throw new Error('a CAR that is not to be pinned was let through')
  const requestId = newRequestId()
  let name = ''
  const chunks = onlyPart(body, boundary, headers => {
    name = fileNameOf(headers)
  })
  const staged = await stageCar(chunks, { requestId, watch })
  await keepCar(staged, pin, requestId)
  const { root, car } = staged
  yield addedOutput(name, { cid: root.sentCid, bytes: car.dagBytes, allocations: [peerId] })
}

/** The bytes of the only part. Throws `HttpError` 400 unless there is exactly one, and it is a file. */
async function* onlyPart(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  onPart: (headers: PartHeaders) => void,
): AsyncGenerator<Uint8Array> {
  const reader = createMultipartReader(boundary)
  let parts = 0
  for await (const chunk of body) {
    for (const event of reader.push(chunk)) {
      if (event.kind === 'data') yield event.bytes
      else {
        if (++parts > 1) throw new HttpError(400, 'only one CAR file can be added at a time')
        if (isNoFile(event.headers)) throw new HttpError(400, 'expected CAR file is not of type file')
        onPart(event.headers)
      }
    }
  }
  reader.end()
}

/** Directories and links are parts of these types (boxo files/multipartfile.go). */
const isNoFile = (headers: PartHeaders) =>
  /^application\/(?:x-directory|symlink)\b/i.test(headers.get('content-type') ?? '')
