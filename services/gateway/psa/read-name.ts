import { HttpError } from '#libs/http/index.ts'
import { isStorable } from './storable-text.ts'

const maxNameCharacters = 255
const atMostMax = new RegExp(`^.{0,${maxNameCharacters}}$`, 'su')

/** The name of a pin, or of a filter. Throws `HttpError` 400. */
export function readName(value: unknown): string {
  if (typeof value !== 'string' || !isStorable(value))
    throw new HttpError(400, 'name: must be a text without the character NUL')
  // Characters, not UTF-16 units: what a person counts, and what JSON Schema's `maxLength` does.
  if (!atMostMax.test(value))
    throw new HttpError(400, `name: must not be longer than ${maxNameCharacters} characters`)
  return value
}
