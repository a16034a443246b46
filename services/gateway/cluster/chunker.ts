import { HttpError } from '#libs/http/index.ts'

/** The largest chunk that Kubo cuts: with its frame it is a block of 2 MiB (boxo chunker/parse.go). */
const maxChunkBytes = 2 * 1024 ** 2 - 256
const minRabinBytes = 16

/** Checks a chunker by the rules of boxo chunker/parse.go. Throws `HttpError` 400 for one that Kubo does not take. */
export function readChunker(text: string): string {
  const [name, ...parts] = text.split('-')
  const sizes = parts.map(part => Number(/^(?:(?:min|avg|max):)?(\d{1,9})$/.exec(part)?.[1] ?? Number.NaN))
  if (!isKnown(name, sizes)) throw new HttpError(400, `parameter chunker invalid: ${text}`)
  return text
}

function isKnown(name: string | undefined, sizes: number[]): boolean {
  const [first = 0, second = 0, third = 0] = sizes
  if (name === 'default' || name === 'buzhash') return sizes.length === 0
  if (name === 'size') return sizes.length === 1 && first > 0 && first <= maxChunkBytes
  if (name !== 'rabin') return false
  // An average alone stands for a third of it at least, and one and a half times as much at most.
  if (sizes.length === 1) return first >= 3 * minRabinBytes && first * 1.5 <= maxChunkBytes
  if (sizes.length === 3)
    return minRabinBytes <= first && first < second && second < third && third <= maxChunkBytes
  return sizes.length === 0
}
