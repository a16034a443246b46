import { KuboCommandError } from './kubo-call.ts'

/** What boxo's gateway appends to a CAR it cannot complete, before it ends the body well (boxo gateway/handler_car.go). */
const marker = Buffer.from('\n\n[Gateway Error: CAR stream truncated, response is incomplete]')

/**
 * Passes the chunks of a CAR on and throws {@link KuboCommandError} instead of its end if that is the marker.
 * The marker counts only where a section of the CAR would begin: a block may well end with the same text.
 * As many bytes as the marker has are held back, so that nobody takes it for data.
 */
export async function* refuseTruncatedCar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const sections = trackSections()
  const held: Uint8Array[] = []
  let heldBytes = 0
  for await (const chunk of chunks) {
    sections.push(chunk)
    held.push(chunk)
    heldBytes += chunk.length
    for (let next = held[0]; next && heldBytes - next.length >= marker.length; next = held[0]) {
      held.shift()
      heldBytes -= next.length
      yield next
    }
  }
  const end = Buffer.concat(held)
  if (sections.startedBeforeEnd(marker.length) && end.subarray(-marker.length).equals(marker)) {
    throw new KuboCommandError('the gateway marked the CAR as truncated')
  }
  if (end.length > 0) yield end
}

/** Follows the frames of a CARv1, `varint length | bytes`, the header being the first (IPLD CARv1 spec, "Format"). */
function trackSections() {
  let total = 0
  let boundaries = [0]
  let length = 0
  let scale = 1
  let remaining: number | undefined

  const readLengthByte = (byte: number) => {
    length += (byte & 0x7f) * scale
    scale *= 128
    if (byte < 0x80) remaining = length
  }

  return {
    push(chunk: Uint8Array): void {
      let position = 0
      while (position < chunk.length) {
        if (remaining === undefined) readLengthByte(chunk[position++] ?? 0)
        else {
          const skipped = Math.min(chunk.length - position, remaining)
          position += skipped
          remaining -= skipped
        }
        if (remaining !== 0) continue
        boundaries.push(total + position)
        length = 0
        scale = 1
        remaining = undefined
      }
      total += chunk.length
      boundaries = boundaries.filter(boundary => total - boundary <= marker.length)
    },
    /** A section starts exactly so many bytes before the end; asked for no more than the length of the marker. */
    startedBeforeEnd: (bytes: number) => boundaries.includes(total - bytes),
  }
}
