import { HttpError } from '#libs/http/index.ts'
import { isStorable } from './storable-text.ts'

const maxKeys = 1000
/** A page holds the metadata of a thousand pins at once. */
const maxBytes = 16 * 1024

/** Metadata of a pin, or of a filter: texts by keys. Throws `HttpError` 400 that names the key and the rule. */
export function readMeta(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new HttpError(400, 'meta: must be an object of texts')
  const pairs = Object.entries(value as Record<string, unknown>)
  if (pairs.length > maxKeys) throw new HttpError(400, `meta: must not have more than ${maxKeys} keys`)
  const meta = Object.fromEntries(pairs.map(([key, text]) => [key, readText(key, text)]))
  if (Buffer.byteLength(JSON.stringify(meta)) > maxBytes)
    throw new HttpError(400, `meta: must not be longer than ${maxBytes} bytes of JSON`)
  return meta
}

function readText(key: string, text: unknown): string {
  if (typeof text !== 'string') throw new HttpError(400, `meta.${key}: must be a text`)
  if (!isStorable(key) || !isStorable(text))
    throw new HttpError(
      400,
      `meta.${key.replaceAll('\0', '').toWellFormed()}: a text with NUL cannot be stored`,
    )
  return text
}
