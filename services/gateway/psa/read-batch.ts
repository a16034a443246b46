import { setImmediate as nextTurn } from 'node:timers/promises'
import { HttpError } from '#libs/http/index.ts'
import type { ReadPin, RequestedPin } from './read-pin.ts'

type Deps = { readPin: ReadPin; maxPins: number }

/**
 * The pins of a body that is an array of `Pin`, or `{ pins: [...] }`. Rejects with `HttpError` 400 that names the first
 * pin that breaks a rule by its index, the field and the rule. Other requests get their turn between two pins.
 */
export async function readBatch(body: unknown, { readPin, maxPins }: Deps): Promise<RequestedPin[]> {
  const list = pinsIn(body)
  if (!Array.isArray(list) || list.length === 0)
    throw new HttpError(400, 'the body must be a JSON array of pins, or an object with one in the field pins')
  if (list.length > maxPins)
    throw new HttpError(400, `pins: must not be more than ${maxPins}, and are ${list.length}`)
  const pins: RequestedPin[] = []
  for (const [index, pin] of list.entries()) {
    pins.push(readAt(index, () => readPin(pin)))
    await nextTurn()
  }
  return pins
}

const pinsIn = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'pins' in body ? body.pins : body

function readAt<Read>(index: number, read: () => Read): Read {
  try {
    return read()
  } catch (error) {
    throw error instanceof HttpError
      ? new HttpError(error.statusCode, `pins[${index}]: ${error.message}`)
      : error
  }
}
