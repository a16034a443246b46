/** An answer that is none of success. Status 0: there was no answer. */
export class AskError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message)
    this.name = 'AskError'
    this.status = status
  }

  /** Whether the same may succeed in a moment. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

/** @typedef {{ method?: string, body?: unknown, idempotencyKey?: string, signal?: AbortSignal }} Asked */
/** @typedef {(path: string, asked?: Asked) => Promise<any>} Ask Resolves with the JSON of the answer. */

const timeoutMs = 30_000

/**
 * Asks the APIs beside this page with a token, which goes nowhere but into the header.
 *
 * @param {string} token
 * @returns {Ask}
 */
export const createAsk =
  token =>
  async (path, { method = 'GET', body, idempotencyKey, signal } = {}) => {
    const overdue = AbortSignal.timeout(timeoutMs)
    const answer = await send(path, token, {
      method,
      signal: signal ? AbortSignal.any([signal, overdue]) : overdue,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: idempotencyKey ? { 'idempotency-key': idempotencyKey } : {},
    })
    const text = await answer.text()
    return text === '' ? undefined : JSON.parse(text)
  }

/**
 * Sends a request. Throws {@link AskError} with the sentence of the server where it refuses.
 *
 * @param {string} path without a slash in front: relative to where the page is
 * @param {string} token
 * @param {RequestInit} init
 */
export async function send(path, token, init) {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${token}`)
  if (init.body) headers.set('content-type', 'application/json')
  const answer = await fetch(new URL(path, document.baseURI), {
    ...init,
    headers,
    cache: 'no-store',
    credentials: 'omit',
  }).catch(error => {
    if (init.signal?.aborted && init.signal.reason?.name !== 'TimeoutError') throw error
    throw new AskError(0, 'The server cannot be reached.')
  })
  if (!answer.ok) throw new AskError(answer.status, await reasonOf(answer))
  return answer
}

/** @param {Response} answer */
async function reasonOf(answer) {
  const text = await answer.text()
  try {
    const said = JSON.parse(text)
    return said.error?.details ?? said.message ?? answer.statusText
  } catch (error) {
    // A proxy in between has pages of its own.
    if (error instanceof SyntaxError) return `The server answered ${answer.status}.`
    throw error
  }
}
